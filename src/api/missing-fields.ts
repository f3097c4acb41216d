import * as z from "zod";
import { GROUP, VERSION } from "./group.ts";
import type { Kind } from "./kind.ts";

/** Where the API server publishes the schemas of our group; every authenticated user may read it. */
export const PUBLISHED_SCHEMA_PATH = `/openapi/v3/apis/${GROUP}/${VERSION}`;

/**
 * Returns the fields of this version that a published schema lacks, such as `spec.updateCheck.schedule`. If a whole part is
 * missing, only its top is returned. An API server silently drops the fields that its schema lacks, so a status would never be
 * complete. Returns undefined if the document does not describe this kind.
 * @param published the OpenAPI v3 document
 */
export function missingFields(kind: Kind, published: unknown): readonly string[] | undefined {
  const schemaName = [...kind.group.split(".").reverse(), kind.version, kind.kind].join(".");
  const installed = pick(pick(pick(published, "components"), "schemas"), schemaName);
  if (installed === undefined) return undefined;
  return ["spec", "status"].flatMap((part) =>
    missingIn(pick(fieldsOf(kind.schema), part), pick(pick(installed, "properties"), part), part),
  );
}

/**
 * Reads our fields from the schema itself. Every controller compares them at its start, and making the whole definition for that
 * blocked the event loop for more than a tenth of a second.
 */
function missingIn(own: unknown, installed: unknown, path: string): readonly string[] {
  if (installed === undefined) return [path];
  const schema = unwrapped(own);
  if (schema instanceof z.ZodArray) return missingIn(schema.element, pick(installed, "items"), `${path}[]`);
  return Object.entries(fieldsOf(schema)).flatMap(([name, field]) =>
    missingIn(field, pick(pick(installed, "properties"), name), `${path}.${name}`),
  );
}

function fieldsOf(schema: unknown): Readonly<Record<string, unknown>> {
  return schema instanceof z.ZodObject ? schema.shape : {};
}

/** Without what only says that a field may be missing. */
function unwrapped(schema: unknown): unknown {
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapper ? unwrapped(schema.unwrap()) : schema;
}

function pick(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
