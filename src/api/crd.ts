import { DockerHostSchema, GROUP, KIND, PLURAL, VERSION } from "./docker-host.ts";
import { PRINTER_COLUMNS } from "./printer-columns.ts";
import { type JsonSchema, toStructuralSchema } from "./structural-schema.ts";

/** The CustomResourceDefinition, made from the schemas: `npm run generate` writes it to crds/. */
export function customResourceDefinition(): JsonSchema {
  const schema = toStructuralSchema(DockerHostSchema);
  const properties = schema.properties as Record<string, JsonSchema>;
  // apiVersion, kind and metadata are the API server's own.
  properties.metadata = { type: "object" };
  // Without this default, kstatus takes an object that no controller has seen yet for a finished one.
  (properties.status as JsonSchema).default = { observedGeneration: -1 };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: "dockerhost",
        shortNames: ["dhost"],
        categories: ["all", "docker"],
      },
      scope: "Namespaced",
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: PRINTER_COLUMNS,
          selectableFields: [{ jsonPath: ".spec.suspend" }],
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}
