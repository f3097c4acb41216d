import { customResourceDefinition } from "./crd.ts";
import { GROUP, VERSION } from "./group.ts";
import type { Kind } from "./kind.ts";
import type { JsonSchema } from "./structural-schema.ts";

/** Where the API server publishes the schemas of our group; every authenticated user may read it. */
export const PUBLISHED_SCHEMA_PATH = `/openapi/v3/apis/${GROUP}/${VERSION}`;

/**
 * The fields of this version that a published schema lacks, as `spec.updateCheck.schedule`; of a part that is missing
 * only its top. An API server drops what its schema lacks, silently: a status would never be whole.
 * @param published the OpenAPI v3 document; undefined in return: it does not describe this kind
 */
export function missingFields(kind: Kind, published: unknown): readonly string[] | undefined {
  const schemaName = [...kind.group.split(".").reverse(), kind.version, kind.kind].join(".");
  const installed = pick(pick(pick(published, "components"), "schemas"), schemaName);
  if (installed === undefined) return undefined;
  return ["spec", "status"].flatMap((part) =>
    missingIn(pick(pick(ownSchema(kind), "properties"), part), pick(pick(installed, "properties"), part), part),
  );
}

function ownSchema(kind: Kind): unknown {
  const { spec } = customResourceDefinition(kind) as {
    spec: { versions: [{ schema: { openAPIV3Schema: JsonSchema } }] };
  };
  return spec.versions[0].schema.openAPIV3Schema;
}

function missingIn(own: unknown, installed: unknown, path: string): readonly string[] {
  if (installed === undefined) return [path];
  const fields = pick(own, "properties");
  const missing = Object.keys(isObject(fields) ? fields : {}).flatMap((name) =>
    missingIn(pick(fields, name), pick(pick(installed, "properties"), name), `${path}.${name}`),
  );
  const items = pick(own, "items");
  return items === undefined ? missing : [...missing, ...missingIn(items, pick(installed, "items"), `${path}[]`)];
}

function pick(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
