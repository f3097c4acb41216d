import type { z } from "zod";
import { nearestWord } from "../common/nearest-word.ts";
import { type JsonSchema, toStructuralSchema } from "./structural-schema.ts";

/** A field that a schema does not have. */
export interface UnknownField {
  readonly path: string;
  /** The path of the field that was probably meant. */
  readonly meant?: string;
}

interface Structure {
  readonly schema: JsonSchema;
  /** Where each field is, by its name. */
  readonly places: ReadonlyMap<string, string>;
}

/** A mistake is one of a few. To look for what was meant by each of a million keys would take seconds. */
export const MAX_UNKNOWN = 20;

const structures = new WeakMap<z.ZodType, Structure>();

/**
 * Finds the first fields that a schema does not have, at most `MAX_UNKNOWN`, whether or not the others have the right types. The API server answers
 * with these under strict validation, as kubectl asks for; for manifests that never see one, a mistyped `verify` must not
 * go unnoticed either.
 */
export function unknownFields(schema: z.ZodType, value: unknown, path: string): readonly UnknownField[] {
  const structure = structures.get(schema) ?? structureOf(schema);
  structures.set(schema, structure);
  return unknownIn(value, structure.schema, path)
    .slice(0, MAX_UNKNOWN)
    .map(({ parent, name, known }) => {
      const near = nearestWord(name, known);
      const elsewhere = structure.places.get(name);
      const meant = near !== undefined ? `${parent}.${near}` : elsewhere && `${path}.${elsewhere}`;
      return { path: `${parent}.${name}`, ...(meant !== undefined && { meant }) };
    });
}

interface Found {
  /** The path of the object that has the field. */
  readonly parent: string;
  readonly name: string;
  /** The fields that this object may have. */
  readonly known: readonly string[];
}

function unknownIn(value: unknown, schema: unknown, path: string): readonly Found[] {
  if (!isObject(schema)) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownIn(item, schema.items, `${path}[${index}]`));
  const { properties } = schema;
  // Without them, it is a map with any keys, or no object at all.
  if (!isObject(value) || !isObject(properties)) return [];
  const known = Object.keys(properties);
  return Object.entries(value).flatMap(([name, item]) =>
    Object.hasOwn(properties, name)
      ? unknownIn(item, properties[name], `${path}.${name}`)
      : [{ parent: path, name, known }],
  );
}

function structureOf(zod: z.ZodType): Structure {
  const schema = toStructuralSchema(zod);
  return { schema, places: placesOf(schema) };
}

/** The path of each field that is not in a list, by its name, unless several have the same name. */
function placesOf(schema: JsonSchema): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const repeated = new Set<string>();
  const visit = (node: unknown, parents: readonly string[]) => {
    const properties = isObject(node) && isObject(node.properties) ? node.properties : {};
    for (const [name, child] of Object.entries(properties)) {
      if (found.has(name)) repeated.add(name);
      found.set(name, [...parents, name].join("."));
      visit(child, [...parents, name]);
    }
  };
  visit(schema, []);
  for (const name of repeated) found.delete(name);
  return found;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
