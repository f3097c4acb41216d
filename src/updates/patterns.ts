import { RE2JS, RE2JSException } from "re2js";
import { failure, type Result, success } from "../common/result.ts";
import type { WorkSlices } from "../common/work-slices.ts";
import { patternSize } from "./pattern-size.ts";

/** An RE2 expression: matching takes at most its size times the length of the text, in time and in memory. */
export interface Expression {
  readonly hasGroup: boolean;
  /**
   * Undefined if it does not match the whole text; otherwise the begin and end of its first group, or of the match if
   * it has no group.
   */
  matchExact(text: string): { readonly start: number; readonly end: number } | undefined;
  /** The maximum cost of matching a text of this length, in units of WorkSlices. */
  workFor(length: number): number;
}

/** A name matches if it equals the pattern, or if the pattern as an RE2 expression matches the whole name. */
export interface Pattern {
  readonly source: string;
  matches(name: string): boolean;
  workFor(length: number): number;
}

/**
 * The maximum number of instructions of one compiled expression. Up to this number, the library matches texts of
 * MAX_TEXT_LENGTH in its fastest way that does not need a growing cache.
 */
export const MAX_SIZE = 500;
/** The limit for all expressions of one spec. */
export const MAX_TOTAL_SIZE = 10_000;
/** Longer than any name of an image, container or tag; only the beginning of a longer text is matched. */
const MAX_TEXT_LENGTH = 512;
/** The cost of compiling an instruction, in units of WorkSlices. */
const COMPILE_UNITS = 500;
/** Matches only the pattern's own text. */
const PLAIN = /^[\w\-/:@ ]*$/;

/**
 * Compiles the expressions of one spec, which share a limit. Failures say what is wrong with a text, as the end of a
 * sentence.
 */
export class PatternCompiler {
  /** The slices of time in which the expressions are compiled and matched. */
  readonly slices: WorkSlices;
  #size = 0;

  constructor(slices: WorkSlices) {
    this.slices = slices;
  }

  async pattern(source: string): Promise<Result<Pattern, string>> {
    if (PLAIN.test(source)) return success({ source, matches: (name) => name === source, workFor: () => 1 });
    const expression = await this.expression(source);
    return expression.ok ? success(patternOf(source, expression.value)) : expression;
  }

  async expression(source: string): Promise<Result<Expression, string>> {
    const size = patternSize(source);
    if (size > MAX_SIZE) return failure(tooLarge(size));
    this.#size += size;
    if (this.#size > MAX_TOTAL_SIZE) {
      const together = `together with the patterns in front of it, it needs ${this.#size} instructions`;
      return failure(`${together}, and the limit for one spec is ${MAX_TOTAL_SIZE}`);
    }
    await this.slices.spend(size * COMPILE_UNITS);
    return compileExpression(source);
  }
}

/** Compiles one pattern that is not part of a spec. */
export function compilePattern(source: string): Result<Pattern, string> {
  const expression = compileExpression(source);
  return expression.ok ? success(patternOf(source, expression.value)) : expression;
}

export function compileExpression(source: string): Result<Expression, string> {
  const size = patternSize(source);
  if (size > MAX_SIZE) return failure(tooLarge(size));
  try {
    return success(expressionOf(RE2JS.compile(source), size));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return failure(error.message.replace(/^error parsing regexp: /, ""));
  }
}

/** Finds the first pattern that matches one of the names. */
export async function firstMatch(
  patterns: readonly Pattern[],
  names: readonly string[],
  slices: WorkSlices,
): Promise<Pattern | undefined> {
  for (const pattern of patterns) {
    for (const name of names) {
      await slices.spend(pattern.workFor(name.length));
      if (pattern.matches(name)) return pattern;
    }
  }
  return undefined;
}

function tooLarge(size: number): string {
  const count = size > 1_000_000 ? "more than 1000000" : size;
  return `it needs ${count} instructions, each repetition counted as often as it may repeat, and the limit is ${MAX_SIZE}`;
}

function patternOf(source: string, { matchExact, workFor }: Expression): Pattern {
  return { source, workFor, matches: (name) => name === source || matchExact(name) !== undefined };
}

function expressionOf(compiled: RE2JS, size: number): Expression {
  const group = compiled.groupCount() === 0 ? 0 : 1;
  return {
    hasGroup: group === 1,
    // test() would keep up to 8 MiB of states for each expression, so this uses a Matcher.
    matchExact(text) {
      const matcher = compiled.matcher(text.slice(0, MAX_TEXT_LENGTH));
      if (!matcher.matches() || matcher.group(group) === null) return undefined;
      return { start: matcher.start(group), end: matcher.end(group) };
    },
    workFor: (length) => size * (Math.min(length, MAX_TEXT_LENGTH) + 1),
  };
}
