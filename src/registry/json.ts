import { parseBoundedJson } from "../common/bounded-json.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An index of a thousand images has some ten thousand; a page of tags, one for each tag. */
const MAX_VALUES = 200_000;

/** Undefined for what is no JSON, or no object, or one of more values than any registry has a use for. */
export function parseObject(text: string): JsonObject | undefined {
  return asObject(parseBoundedJson(text, MAX_VALUES));
}
