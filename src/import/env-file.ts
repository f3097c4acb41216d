import { failure, type Result, success } from "../common/result.ts";
import { interpolate, type Lookup } from "./interpolate.ts";

const BLANK = /[ \t\r\f\v]/;
const NAME = /[a-zA-Z0-9_.-]+/y;
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/**
 * Reads a file of variables as Compose does (`.env`, `env_file`): with comments, quotes, values of several lines, and
 * variables from `outer` and from the lines above. Takes linear time. A failure names the line and quotes nothing.
 */
export function readEnvFile(text: string, outer: Lookup): Result<Record<string, string>, string> {
  const variables: Record<string, string> = {};
  const lookup: Lookup = (name) => outer(name) ?? own(variables, name);
  const source = text.replace(/^\uFEFF/, "");
  for (let at = 0; at < source.length; ) {
    const line = readLine(source, at);
    const refuse = (what: string) => failure(`line ${source.slice(0, at).split("\n").length} ${what}`);
    if (!line.ok) return refuse(line.failure);
    const { name, value, end } = line.value;
    at = skipBlankLines(source, end);
    if (name === undefined) continue;
    if (value === undefined) {
      const inherited = outer(name);
      if (inherited !== undefined) variables[name] = inherited;
      continue;
    }
    const filled = value.literal ? success(value.text) : interpolate(value.text, lookup);
    if (!filled.ok) return refuse(`cannot be filled in: ${filled.failure}`);
    variables[name] = filled.value;
  }
  return success(variables);
}

/**
 * Reads a file of variables as `docker run --env-file` and Compose with `format: raw` do: everything after the first
 * `=` is the value, including quotes and dollar signs. A name without a value maps to null, which passes on the
 * caller's own value.
 */
export function readRawEnvFile(text: string): Record<string, string | null> {
  const variables: Record<string, string | null> = {};
  for (const raw of text.replace(/^\uFEFF/, "").split("\n")) {
    const line = raw.trimStart().replace(/\r$/, "");
    if (line === "" || line.startsWith("#")) continue;
    const at = line.indexOf("=");
    if (at < 0) variables[line.trimEnd()] = null;
    else if (at > 0) variables[line.slice(0, at)] = line.slice(at + 1);
  }
  return variables;
}

interface Line {
  /** Absent for comments and empty lines. */
  readonly name?: string;
  /** Absent if the line has only a name. */
  readonly value?: { readonly text: string; readonly literal: boolean };
  /** Where the next line starts. */
  readonly end: number;
}

function readLine(source: string, start: number): Result<Line, string> {
  let at = skipBlanks(source, start);
  const lineEnd = endOfLine(source, at);
  if (at === lineEnd || source[at] === "#") return success({ end: lineEnd + 1 });
  if (/^export[ \t]/.test(source.slice(at, at + 7))) at = skipBlanks(source, at + 6);
  NAME.lastIndex = at;
  const name = NAME.exec(source)?.[0];
  if (name === undefined) return failure("does not start with the name of a variable");
  at = skipBlanks(source, at + name.length);
  if (at >= lineEnd) return success({ name, end: lineEnd + 1 });
  if (source[at] !== "=" && source[at] !== ":") return failure("is not of the form NAME=VALUE");
  at = skipBlanks(source, at + 1);
  const quote = source[at];
  if (quote !== '"' && quote !== "'") {
    const text = withoutComment(source.slice(at, Math.max(at, lineEnd))).trimEnd();
    return success({ name, value: { text, literal: false }, end: lineEnd + 1 });
  }
  const quoted = quote === '"' ? readDoubleQuoted(source, at + 1) : readSingleQuoted(source, at + 1);
  if (quoted === undefined) return failure("opens a quote that is not closed");
  const rest = skipBlanks(source, quoted.end);
  const end = endOfLine(source, rest);
  if (rest !== end && source[rest] !== "#") return failure("has text after its closing quote");
  return success({ name, value: { text: quoted.text, literal: quote === "'" }, end: end + 1 });
}

function readSingleQuoted(source: string, start: number) {
  let text = "";
  for (let at = start; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (character === "'") return { text, end: at + 1 };
    if (character === "\\" && source[at + 1] === "'") at += 1;
    text += source.charAt(at);
  }
  return undefined;
}

/** Doubles an escaped dollar sign, because variables are replaced afterwards. */
function readDoubleQuoted(source: string, start: number) {
  let text = "";
  for (let at = start; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (character === '"') return { text, end: at + 1 };
    if (character !== "\\") {
      text += character;
      continue;
    }
    at += 1;
    const escaped = source.charAt(at);
    if (escaped === "$") text += "$$";
    else if (escaped === '"' || escaped === "\\") text += escaped;
    else text += ESCAPES[escaped] ?? `\\${escaped}`;
  }
  return undefined;
}

/** Removes a comment, which begins with a # after a space. */
function withoutComment(value: string): string {
  const at = value.search(/[ \t]#/);
  return at < 0 ? value : value.slice(0, at);
}

function skipBlanks(source: string, start: number): number {
  let at = start;
  while (at < source.length && BLANK.test(source.charAt(at))) at += 1;
  return at;
}

function skipBlankLines(source: string, start: number): number {
  let at = start;
  while (at < source.length && (source[at] === "\n" || BLANK.test(source.charAt(at)))) at += 1;
  return at;
}

function endOfLine(source: string, start: number): number {
  const at = source.indexOf("\n", start);
  return at < 0 ? source.length : at;
}

function own(variables: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
