import { failure, type Result, success } from "../common/result.ts";

const NAME = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";
const KEY = `([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?${NAME}`;
const VALUE = `(${NAME})?`;
const REQUIREMENT = new RegExp(
  `^(!?\\s*${KEY}|${KEY}\\s*(=|==|!=)\\s*${VALUE}|${KEY}\\s+(in|notin)\\s*\\(\\s*${VALUE}(\\s*,\\s*${VALUE})*\\s*\\))$`,
);

/**
 * Reads a label selector as kubectl takes it, so that a mistyped one is found before the API server is asked. Gives it
 * with its requirements in order and without blanks, the same for all ways to write the same.
 */
export function parseLabelSelector(text: string): Result<string, string> {
  // Commas within brackets belong to a set.
  const requirements = text.split(/,(?![^(]*\))/).map((each) => each.trim());
  const wrong = requirements.find((each) => !REQUIREMENT.test(each));
  if (wrong !== undefined)
    return failure(
      `"${wrong}" is no requirement of a label selector; write key=value, key!=value, key in (a,b), key or !key`,
    );
  return success(requirements.map(canonical).sort().join(","));
}

function canonical(requirement: string): string {
  const set = /^(?<key>\S+)\s+(?<operator>in|notin)\s*\((?<values>.*)\)$/.exec(requirement)?.groups;
  if (set === undefined) return requirement.replace(/\s+/g, "").replace("==", "=");
  const values = (set.values ?? "").split(",").map((value) => value.trim());
  return `${set.key} ${set.operator} (${[...new Set(values)].sort().join(",")})`;
}
