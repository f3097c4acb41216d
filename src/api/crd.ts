import type { Kind } from "./kind.ts";
import { type JsonSchema, toStructuralSchema } from "./structural-schema.ts";

/** The CustomResourceDefinition of a kind, made from its schemas: `npm run generate` writes it to crds/. */
export function customResourceDefinition(kind: Kind): JsonSchema {
  const schema = toStructuralSchema(kind.schema);
  const properties = schema.properties as Record<string, JsonSchema>;
  // The API server owns apiVersion, kind and metadata.
  properties.metadata = { type: "object" };
  // Without this default, kstatus takes an object that no controller has seen yet for a finished one.
  (properties.status as JsonSchema).default = { observedGeneration: -1 };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: definitionName(kind) },
    spec: {
      group: kind.group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: kind.shortNames,
        categories: kind.categories,
      },
      scope: "Namespaced",
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns,
          ...(kind.selectableFields.length > 0 && {
            selectableFields: kind.selectableFields.map((jsonPath) => ({ jsonPath })),
          }),
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}

/** The name of a kind's CustomResourceDefinition. */
export function definitionName({ plural, group }: Pick<Kind, "plural" | "group">): string {
  return `${plural}.${group}`;
}
