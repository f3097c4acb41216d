import { failure, type Result, success } from "../common/result.ts";

const NAME = "[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";
const KEY = `(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?${NAME}`;
const VALUE = `(?:${NAME})?`;
const SET = `\\(\\s*${VALUE}(?:\\s*,\\s*${VALUE})*\\s*\\)`;
const FORMS = [
  `!?\\s*${KEY}`,
  `${KEY}\\s*(?:=|==|!=)\\s*${VALUE}`,
  `${KEY}\\s+(?:in|notin)\\s*${SET}`,
  // The API server compares numbers.
  `${KEY}\\s*[<>]\\s*[+-]?[0-9]{1,19}`,
];
const REQUIREMENT = new RegExp(`^(?:${FORMS.join("|")})$`);

const HINT = "write key=value, key!=value, key in (a,b), key notin (a,b), key>1, key<1, key or !key";

/** Validates a label selector like kubectl, so that a typo is reported before the API server is called. */
export function parseLabelSelector(text: string): Result<string, string> {
  // Commas inside parentheses belong to a set.
  const requirements = text.split(/,(?![^(]*\))/).map((each) => each.trim());
  const wrong = requirements.find((each) => !REQUIREMENT.test(each));
  if (wrong === undefined) return success(text);
  return failure(`"${wrong}" is not a valid requirement of a label selector; ${HINT}`);
}
