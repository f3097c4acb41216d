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

const structures = new WeakMap<z.ZodType, Structure>();

/**
 * Finds the fields that a schema does not have, whether or not the others have the right types. The API server answers
 * with these under strict validation, as kubectl asks for; for manifests that never see one, a mistyped `verify` must not
 * go unnoticed either.
 */
export function unknownFields(schema: z.ZodType, value: unknown, path: string): readonly UnknownField[] {
  const structure = structures.get(schema) ?? structureOf(schema);
  structures.set(schema, structure);
  return unknownIn(value, structure.schema, path, structure.places, path);
}

function unknownIn(
  value: unknown,
  schema: unknown,
  path: string,
  places: ReadonlyMap<string, string>,
  root: string,
): readonly UnknownField[] {
  if (!isObject(schema)) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => unknownIn(item, schema.items, `${path}[${index}]`, places, root));
  }
  const { properties } = schema;
  // Without them, it is a map with any keys, or no object at all.
  if (!isObject(value) || !isObject(properties)) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    if (Object.hasOwn(properties, name)) return unknownIn(item, properties[name], `${path}.${name}`, places, root);
    const near = nearestWord(name, Object.keys(properties));
    const elsewhere = places.get(name);
    const meant = near !== undefined ? `${path}.${near}` : elsewhere && `${root}.${elsewhere}`;
    return [{ path: `${path}.${name}`, ...(meant !== undefined && { meant }) }];
  });
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
