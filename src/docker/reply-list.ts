import type { z } from "zod";
import { parseBoundedJson } from "../common/bounded-json.ts";
import { jsonItems } from "../common/json-items.ts";
import type { WorkSlices } from "../common/work-slices.ts";
import { MAX_BODY_VALUES } from "./exchange.ts";
import { MAX_ENTRIES } from "./reply-schema.ts";

/** The cost to parse a byte of JSON and to check it against a schema, in units of WorkSlices. */
export const UNITS_PER_BYTE = 4;
/** In bytes; far more than a container or an image has. */
const MAX_ITEM_BYTES = 1024 * 1024;

/** `problem` says what is wrong with the list. It follows the name of the list, and may be empty. */
export type ListReading<T> = { readonly items: readonly T[] } | { readonly problem: string; readonly cause?: Error };

/** Rejects only with the reason of the slices' signal. */
export async function readList<T>(body: Buffer, schema: z.ZodType<T>, slices: WorkSlices): Promise<ListReading<T>> {
  const items: T[] = [];
  const texts = jsonItems(body, MAX_ITEM_BYTES);
  for (;;) {
    const text = nextText(texts);
    if (text === undefined) return { problem: "" };
    if (text === "end") return { items };
    if (items.length === MAX_ENTRIES) return { problem: ` (more than ${MAX_ENTRIES} entries)` };
    await slices.spend(text.length * UNITS_PER_BYTE);
    const value = parseBoundedJson(text.toString("utf8"), MAX_BODY_VALUES);
    if (value === undefined) return { problem: "" };
    const parsed = schema.safeParse(value);
    if (!parsed.success) return { problem: fieldProblem(parsed.error, items.length), cause: parsed.error };
    items.push(parsed.data);
  }
}

/** Returns undefined if the reply is not a list. */
function nextText(texts: Iterator<Buffer>): Buffer | "end" | undefined {
  try {
    const { done, value } = texts.next();
    return done === true ? "end" : value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Describes where a value does not match its schema.
 * @param index position of the item in its list
 */
export function fieldProblem({ issues: [issue] }: z.ZodError, index?: number): string {
  const field = [...(index === undefined ? [] : [index]), ...(issue?.path ?? [])].join(".");
  if (issue?.code === "too_big" && issue.origin === "array") return ` (more than ${issue.maximum} entries)`;
  return field === "" ? "" : ` (field ${field.slice(0, 100)})`;
}
