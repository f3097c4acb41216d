/**
 * What is at a dotted path, `spec.rules.0.verbs`; a dot within a name is written `\.`. Undefined if there is nothing.
 */
export function look(object: unknown, path: string): unknown {
  const names = path.split(/(?<!\\)\./).map((name) => name.replaceAll("\\.", "."));
  return names.reduce<unknown>(
    (at, name) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    object,
  );
}

/** The nested object that has a value at a dotted path and nothing else, put into another one. */
export function put(object: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const [name = "", ...rest] = path.split(".");
  if (rest.length === 0) return { ...object, [name]: value };
  return { ...object, [name]: put((object[name] ?? {}) as Record<string, unknown>, rest.join("."), value) };
}

/** Two nested objects in one; of two values at one place, the second. */
export function merged(first: object, second: object): object {
  const at: Record<string, unknown> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const former = at[name];
    at[name] = isNested(former) && isNested(value) ? merged(former, value) : value;
  }
  return at;
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
