/**
 * Reports where `answer` has a form that `model` does not have: a missing field, or one of another type. Each result
 * has the form `path: what`. Values do not count; null matches any type, because Go encodes an empty list or map this
 * way; all items of a list are compared with all items of the model's.
 */
export function shapeDifferences(model: unknown, answer: unknown, path = "$"): readonly string[] {
  if (model === null || answer === null) return [];
  if (Array.isArray(model) && Array.isArray(answer)) {
    if (model.length === 0) return [];
    return answer.flatMap((item, index) => leastDifferent(model, item, `${path}[${index}]`));
  }
  const [expected, found] = [typeName(model), typeName(answer)];
  if (expected !== found) return [`${path}: ${found} instead of ${expected}`];
  if (!isObject(model) || !isObject(answer)) return [];
  return Object.entries(answer).flatMap(([key, value]) =>
    key in model ? shapeDifferences(model[key], value, `${path}.${key}`) : [`${path}.${key}: not in the model`],
  );
}

/** Items of one list may differ in form, like a pulled image and a built one: an item must fit one of the model's. */
function leastDifferent(models: readonly unknown[], item: unknown, path: string): readonly string[] {
  const differences = models.map((model) => shapeDifferences(model, item, path));
  return differences.reduce((least, next) => (next.length < least.length ? next : least));
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? "list" : typeof value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
