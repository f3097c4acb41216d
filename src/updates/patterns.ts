import { RE2JS, RE2JSException } from "re2js";
import { failure, type Result, success } from "../common/result.ts";

/** A name matches when it is equal to the pattern, or as a whole matches it as an RE2 expression. */
export interface Pattern {
  readonly source: string;
  matches(name: string): boolean;
}

/** RE2 bounds nested repetitions only: twenty of `x{0,1000}` in a row compile for a hundred milliseconds. */
const MAX_REPETITIONS = 1_000;

/** The failure says what is wrong with the text, as an end of a sentence. */
export function compilePattern(source: string): Result<Pattern, string> {
  const expression = compileExpression(source);
  if (!expression.ok) return expression;
  return success({ source, matches: (name) => name === source || expression.value.testExact(name) });
}

/** An RE2 expression: time and memory to match are linear in the text, whatever the expression. */
export function compileExpression(source: string): Result<RE2JS, string> {
  let repetitions = 0;
  for (const [, least = "", most = ""] of source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    repetitions += Math.max(Number(least), Number(most));
  }
  if (repetitions > MAX_REPETITIONS)
    return failure(`it counts up to ${repetitions}, and ${MAX_REPETITIONS} is the most`);
  try {
    return success(RE2JS.compile(source));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return failure(error.message.replace(/^error parsing regexp: /, ""));
  }
}
