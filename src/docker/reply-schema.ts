import * as z from "zod";

/**
 * Lists and maps in answers of a daemon. Unlike zod's own, they stop at the first wrong item: zod takes half a gigabyte
 * to report what is wrong with each of a million items, and its call stack is too small for them.
 */

/** Far more than a host runs. */
export const MAX_ENTRIES = 10_000;

/** The number of items is checked before any of them. */
export function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(z.unknown())
    .max(MAX_ENTRIES)
    .transform((values, context) => {
      const read: z.output<T>[] = [];
      for (const [index, value] of values.entries()) {
        const parsed = item.safeParse(value);
        if (!parsed.success) {
          const [issue] = parsed.error.issues;
          context.addIssue({ code: "custom", message: issue?.message ?? "", path: [index, ...(issue?.path ?? [])] });
          return z.NEVER;
        }
        read.push(parsed.data);
      }
      return read;
    });
}

/** Keeps the entries of a map that have one of the wanted keys, and ignores the others. */
export function entriesOf<T extends z.ZodType>(wanted: (key: string) => boolean, value: T) {
  return z
    .record(z.string(), z.unknown())
    .transform((entries) => Object.fromEntries(Object.entries(entries).filter(([key]) => wanted(key))))
    .pipe(z.record(z.string(), value));
}
