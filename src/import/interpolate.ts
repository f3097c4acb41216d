import { failure, type Result, success } from "../common/result.ts";

/** Limits nested defaults. No real file nests them deeper. */
const MAX_DEPTH = 8;
const MAX_LENGTH = 64 * 1024;

/** Returns the value of a variable, or undefined if it is not set. `foreseen` says that the text handles that case. */
export type Lookup = (name: string, foreseen?: boolean) => string | undefined;

const NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;

/**
 * Replaces the variables in a text of a Compose file: $VAR, ${VAR}, ${VAR:-default}, ${VAR-default}, ${VAR:?error},
 * ${VAR?error}, ${VAR:+other}, ${VAR+other}, and $$ for a dollar sign. A failure never quotes a value.
 */
export function interpolate(text: string, lookup: Lookup, depth = 0): Result<string, string> {
  if (depth > MAX_DEPTH) return failure("its variables are nested too deeply");
  let out = "";
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at);
    if (character !== "$") {
      out += character;
      at += 1;
      continue;
    }
    const next = text.charAt(at + 1);
    if (next === "$") {
      out += "$";
      at += 2;
      continue;
    }
    NAME.lastIndex = at + 1;
    const bare = NAME.exec(text);
    if (bare !== null) {
      out += lookup(bare[0]) ?? "";
      at += 1 + bare[0].length;
    } else if (next === "{") {
      const end = closingBrace(text, at + 2);
      if (end === undefined) return failure("the closing brace of a variable is missing");
      const value = evaluate(text.slice(at + 2, end), lookup, depth);
      if (!value.ok) return value;
      out += value.value;
      at = end + 1;
    } else {
      return failure("a $ is not followed by the name of a variable; write $$ for a dollar sign");
    }
    if (out.length > MAX_LENGTH) return failure("it is too long after its variables are replaced");
  }
  return success(out);
}

function closingBrace(text: string, from: number): number | undefined {
  let open = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text.startsWith("${", at)) open += 1;
    else if (text.charAt(at) === "}") open -= 1;
    if (open === 0) return at;
  }
  return undefined;
}

function evaluate(expression: string, lookup: Lookup, depth: number): Result<string, string> {
  const parts = /^(?<name>[a-zA-Z_][a-zA-Z0-9_]*)(?:(?<operator>:?[-?+])(?<word>[\s\S]*))?$/.exec(expression)?.groups;
  if (parts === undefined) return failure("a variable is malformed");
  const { name = "", operator = "", word = "" } = parts;
  const value = lookup(name, operator !== "");
  const isSet = value !== undefined && !(operator.startsWith(":") && value === "");
  switch (operator.slice(-1)) {
    case "-":
      return isSet ? success(value ?? "") : interpolate(word, lookup, depth + 1);
    case "+":
      return isSet ? interpolate(word, lookup, depth + 1) : success("");
    case "?":
      return isSet ? success(value ?? "") : failure(`the variable ${name} must be set`);
    default:
      return success(value ?? "");
  }
}
