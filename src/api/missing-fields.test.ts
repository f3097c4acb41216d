import { describe, expect, it } from "vitest";
import { ERRAND } from "../../test/support/second-kind.ts";
import { customResourceDefinition } from "./crd.ts";
import { DOCKER_HOST } from "./docker-host.ts";
import { KINDS } from "./kinds.ts";
import { missingFields } from "./missing-fields.ts";

type Node = { properties?: Record<string, Node>; items?: Node };

/** What an API server with this version's CustomResourceDefinition publishes. */
function published(): { document: object; spec: Node; status: Node } {
  const { spec } = structuredClone(customResourceDefinition(DOCKER_HOST)) as {
    spec: { versions: [{ schema: { openAPIV3Schema: { properties: { spec: Node; status: Node } } } }] };
  };
  const schema = spec.versions[0].schema.openAPIV3Schema;
  const schemas = { "dev.dockerhost.v1alpha1.DockerHost": schema, "dev.dockerhost.v1alpha1.DockerHostList": {} };
  return { document: { components: { schemas } }, spec: schema.properties.spec, status: schema.properties.status };
}

/** The fields below a node, and the node with the `properties` that they are in. */
function within(node: Node, path: string): readonly { readonly parent: Node; readonly path: string }[] {
  const fields = Object.entries(node.properties ?? {}).flatMap(([name, field]) => [
    { parent: node, path: `${path}.${name}` },
    ...within(field, `${path}.${name}`),
  ]);
  return node.items === undefined ? fields : [...fields, ...within(node.items, `${path}[]`)];
}

describe("missingFields", () => {
  it("finds nothing if the definition of this version or a newer one is installed", () => {
    const { document, spec } = published();
    expect(missingFields(DOCKER_HOST, document)).toEqual([]);
    spec.properties = { ...spec.properties, ofTomorrow: {} };
    expect(missingFields(DOCKER_HOST, document)).toEqual([]);
  });

  it("names each field that an older one lacks, also within lists", () => {
    const { document, spec, status } = published();
    delete spec.properties?.updateCheck;
    delete status.properties?.updates?.properties?.items?.items?.properties?.verdict;
    expect(missingFields(DOCKER_HOST, document)).toEqual(["spec.updateCheck", "status.updates.items[].verdict"]);
  });

  it.each(KINDS.map((kind) => [kind.kind, kind] as const))("knows every field of the definition of %s", (_, kind) => {
    const definition = customResourceDefinition(kind) as {
      spec: { versions: [{ schema: { openAPIV3Schema: Node } }] };
    };
    const schema = definition.spec.versions[0].schema.openAPIV3Schema;
    const name = `dev.dockerhost.v1alpha1.${kind.kind}`;
    const nodes = ["spec", "status"].flatMap((part) => within(schema.properties?.[part] ?? {}, part));
    expect(nodes.length).toBeGreaterThan(20);
    for (const { parent, path } of nodes) {
      const [field = ""] = path.split(".").slice(-1);
      const { properties } = parent;
      parent.properties = { ...properties };
      delete parent.properties[field];
      expect(missingFields(kind, { components: { schemas: { [name]: schema } } })).toEqual([path]);
      if (properties !== undefined) parent.properties = properties;
    }
  });

  it.each([[undefined], [null], ["text"], [{}], [{ components: { schemas: { other: {} } } }]])(
    "finds nothing in a document that describes no DockerHost: %j",
    (document) => {
      expect(missingFields(DOCKER_HOST, document)).toBeUndefined();
    },
  );

  it("compares each kind with its own schema", () => {
    const { document } = published();
    expect(missingFields(ERRAND, document)).toBeUndefined();
    const schemas = { "dev.dockerhost.v1alpha1.Errand": { properties: { spec: {} } } };
    expect(missingFields(ERRAND, { components: { schemas } })).toEqual(["spec.target", "spec.retries", "status"]);
  });
});
