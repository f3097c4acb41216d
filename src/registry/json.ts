import { parseBoundedJson } from "../common/bounded-json.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An index of a thousand images has about ten thousand values; a page of tags has one for each tag. */
const MAX_VALUES = 200_000;

/** Undefined if the text is not a JSON object, or has more values than any registry needs. */
export function parseObject(text: string): JsonObject | undefined {
  return asObject(parseBoundedJson(text, MAX_VALUES));
}
