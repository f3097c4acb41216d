import * as z from "zod";
import { formatDuration, parseDuration } from "../../common/duration.ts";
import { failure, type Result, success } from "../../common/result.ts";

/** What --help and docs/flags.md say about a flag, in addition to its default. */
export const FlagWords = z.object({
  /** The placeholder of the value, for example `<duration>`; a switch has none. */
  placeholder: z.string().optional(),
  description: z.string(),
  /** Describes a default that is not a value a user could write, for example `the pod's own`. */
  defaultWords: z.string().optional(),
  /** Repeating the flag adds values, like separating them with commas. */
  isList: z.boolean().optional(),
  isSwitch: z.boolean().optional(),
  short: z.string().optional(),
});
export type FlagWords = z.output<typeof FlagWords>;

/** Parses the text of a value from the command line or a variable. */
export type TextSchema<T> = z.ZodType<T, string>;

/** A failure completes the sentence `--flag VALUE: ...`. */
export function textSchema<T>(parse: (text: string) => Result<T, string>): TextSchema<T> {
  return z.string().transform((text, context) => {
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: "custom", message: parsed.failure });
    return z.NEVER;
  });
}

export const words = z.string().min(1, "it must not be empty");

export const boolean = textSchema((text) => {
  if (/^(true|1|t)$/i.test(text)) return success(true);
  if (/^(false|0|f)$/i.test(text)) return success(false);
  return failure("it must be true or false");
});

export function wholeNumber(least: number, most: number): TextSchema<number> {
  return textSchema((text) => {
    const number = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return number >= least && number <= most
      ? success(number)
      : failure(`it must be a number from ${least} to ${most}`);
  });
}

/** Parses a duration to milliseconds. */
export function duration(least: string, most: string): TextSchema<number> {
  const [min, max] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0];
  return textSchema((text) => {
    const ms = parseDuration(text);
    if (ms === undefined) return failure("it must be a duration, for example 30s or 1m30s");
    return ms >= min && ms <= max
      ? success(ms)
      : failure(`it must be from ${formatDuration(min)} to ${formatDuration(max)}`);
  });
}

export function choice<const T extends readonly string[]>(choices: T): TextSchema<T[number]> {
  return textSchema((text) => {
    const chosen = choices.find((each) => each === text);
    return chosen === undefined ? failure(`it must be one of ${choices.join(", ")}`) : success(chosen);
  });
}

/** Parses values that are separated by commas. */
export function list<T>(parse: (text: string) => Result<T, string>): TextSchema<readonly T[]> {
  return textSchema((text) => {
    const values: T[] = [];
    for (const part of text.split(",")) {
      const parsed = parse(part.trim());
      if (!parsed.ok) return parsed;
      values.push(parsed.value);
    }
    return success(values);
  });
}
