import type { z } from "zod";

/**
 * Paths of fields that a schema does not know. The API server answers with these under strict validation, as kubectl
 * asks for; for manifests that never see one, a mistyped `verify` must not go unnoticed either.
 */
export function unknownFields(schema: z.ZodType, value: unknown, path: string): readonly string[] {
  const parsed = schema.safeParse(value);
  return parsed.success ? dropped(value, parsed.data, path) : [];
}

function dropped(given: unknown, kept: unknown, path: string): string[] {
  if (Array.isArray(given) && Array.isArray(kept)) {
    return given.flatMap((item, index) => dropped(item, kept[index], `${path}[${index}]`));
  }
  if (!isObject(given) || !isObject(kept)) return [];
  return Object.entries(given).flatMap(([name, value]) =>
    Object.hasOwn(kept, name) ? dropped(value, kept[name], `${path}.${name}`) : [`${path}.${name}`],
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
