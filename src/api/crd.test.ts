import { readFile } from "node:fs/promises";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ERRAND } from "../../test/support/second-kind.ts";
import { customResourceDefinition, definitionName } from "./crd.ts";
import { DOCKER_HOST } from "./docker-host.ts";
import type { Kind } from "./kind.ts";
import { KINDS } from "./kinds.ts";
import type { JsonSchema } from "./structural-schema.ts";

interface Definition {
  readonly spec: {
    readonly versions: readonly [
      {
        readonly additionalPrinterColumns: readonly { readonly name: string; readonly jsonPath: string }[];
        readonly schema: { readonly openAPIV3Schema: JsonSchema };
      },
    ];
  };
}

function partsOf(kind: Kind) {
  const definition = customResourceDefinition(kind) as JsonSchema & Definition;
  const [version] = definition.spec.versions;
  const root = version.schema.openAPIV3Schema;
  const rules = [...nodes(root)].flatMap(([path, node]) =>
    ((node["x-kubernetes-validations"] ?? []) as { rule: string; message: string }[]).map((rule) => ({
      path,
      ...rule,
    })),
  );
  return { definition, version, root, rules };
}

/** The schema's nodes with their paths, depth first; without metadata, which is the API server's own. */
function* nodes(node: JsonSchema, path = ""): Generator<readonly [path: string, node: JsonSchema]> {
  yield [path, node];
  for (const [name, child] of Object.entries((node.properties ?? {}) as Record<string, JsonSchema>)) {
    if (path !== "" || name !== "metadata") yield* nodes(child, `${path}.${name}`);
  }
  if (node.items !== undefined) yield* nodes(node.items as JsonSchema, `${path}[]`);
}

/** The keywords of a structural schema that we use. */
const KEYWORDS = new Set([
  ...["type", "properties", "required", "items", "description", "default", "enum", "format"],
  ...["minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "x-kubernetes-validations"],
  ...["x-kubernetes-list-type", "x-kubernetes-list-map-keys"],
]);

/** Describes what the API server would refuse or could not bound. */
function problems([path, node]: readonly [string, JsonSchema]): string[] {
  const bounded = {
    string: node.maxLength !== undefined || node.enum !== undefined || node.format === "date-time",
    array: node.maxItems !== undefined && node.items !== undefined && node["x-kubernetes-list-type"] !== undefined,
    object: node.properties !== undefined,
    integer: node.format === "int32" || node.format === "int64",
    boolean: true,
  }[String(node.type)];
  return [
    ...(bounded === undefined ? [`${path} has no type`] : []),
    ...(bounded === false ? [`${path} has no bound`] : []),
    ...(node.description === undefined && !path.endsWith("[]") ? [`${path} has no description`] : []),
    ...Object.keys(node)
      .filter((keyword) => !KEYWORDS.has(keyword))
      .map((keyword) => `${path} has ${keyword}`),
  ];
}

describe.each([...KINDS, ERRAND].map((kind) => [kind.kind, kind] as const))(
  "the CustomResourceDefinition of %s",
  (_, kind) => {
    const { definition, version, root, rules } = partsOf(kind);

    it("is structural, bounded and described in every node", () => {
      expect([...nodes(root)].flatMap(problems)).toEqual([]);
    });

    it("shows the default of every field that has one", () => {
      for (const [, { default: value, description }] of nodes(root)) {
        if (value !== undefined && typeof value !== "object") expect(description).toContain(`Default: ${value}.`);
      }
    });

    it("marks an object that no controller has seen, for kstatus", () => {
      expect((root.properties as Record<string, JsonSchema>).status?.default).toEqual({ observedGeneration: -1 });
    });

    it("has a message for every rule, which says what is required", () => {
      for (const { message } of rules) expect(message).toMatch(/(^|` )must |has no effect with/);
    });

    it("uses only regular expressions that RE2 supports", () => {
      const patterns = rules.flatMap(({ rule }) => [...rule.matchAll(/matches\('((?:[^'\\]|\\.)*)'\)/g)]);
      for (const [, literal = ""] of patterns) {
        const pattern = literal.replace(/\\(.)/g, "$1");
        expect(() => RE2JS.compile(pattern), pattern).not.toThrow();
      }
    });

    it("prints columns from fields that the schema has", () => {
      const known = new Set([...nodes(root)].map(([path]) => path));
      for (const { jsonPath } of version.additionalPrinterColumns) {
        if (jsonPath === ".metadata.creationTimestamp") continue;
        expect(known, jsonPath).toContain(jsonPath.replace(/\[\?\(.*?\)\]/, "[]"));
      }
    });

    it.skipIf(!KINDS.includes(kind))("is the same as in the committed file", async () => {
      const path = `../../crds/${kind.group}_${kind.plural}.yaml`;
      const file = await readFile(new URL(path, import.meta.url), "utf8");
      expect(parse(file)).toEqual(definition);
    });
  },
);

it("has names of its own for each kind", () => {
  expect(definitionName(ERRAND)).toBe("errands.dockerhost.dev");
  expect(customResourceDefinition(ERRAND)).toMatchObject({
    metadata: { name: "errands.dockerhost.dev" },
    spec: {
      names: { kind: "Errand", listKind: "ErrandList", plural: "errands", singular: "errand", shortNames: ["err"] },
    },
  });
});

describe("the CustomResourceDefinition of DockerHost", () => {
  const { root, version, rules } = partsOf(DOCKER_HOST);

  it("has no more nodes than people want to read about", () => {
    expect([...nodes(root)].length).toBeGreaterThan(60);
    expect(rules.length).toBeGreaterThan(15);
  });

  it("prints the known columns in their order", () => {
    expect(version.additionalPrinterColumns.map(({ name }) => name)).toEqual([
      ...["Host", "Ready", "Reason", "Engine", "Updates", "Outdated", "Cert Expires", "Last Check", "Age"],
      ...["Suspended", "Endpoint", "TLS", "API", "Message"],
    ]);
  });
});
