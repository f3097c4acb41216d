import type { z } from "zod";

/** Writes the messages for which a schema has none of its own. Pass it to the parse as `error`. */
export const schemaWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is required" : wrongType(issue.expected, issue.input);
    case "too_big":
      return `must have at most ${issue.maximum} ${unitOf(issue.origin)}`;
    case "too_small":
      return Number(issue.minimum) === 1
        ? "must not be empty"
        : `must have at least ${issue.minimum} ${unitOf(issue.origin)}`;
    case "invalid_value":
      return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    default:
      return "is not valid";
  }
};

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  boolean: "a boolean: true or false, without quotes",
  number: "a number, without quotes",
  int: "a whole number, without quotes",
  array: "a list, with a dash in front of each entry",
  object: "a map of fields, each indented as FIELD: VALUE",
  record: "a map of fields, each indented as FIELD: VALUE",
};

/** Never quotes the value, which may be a key. */
function wrongType(expected: string, input: unknown): string {
  if (input === null) return "has no value; give it one, or remove the field";
  const wanted = TYPES[expected];
  if (wanted === undefined) return "is not valid";
  const isScalar = typeof input === "number" || typeof input === "boolean";
  return `must be ${wanted}${expected === "string" && isScalar ? "; put the value in quotes" : ""}`;
}

function unitOf(origin: string): string {
  return origin === "string" ? "characters" : "entries";
}
