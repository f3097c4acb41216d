import { Document, visit } from "yaml";

/** Matches characters that control a terminal, change the writing direction, or separate lines unexpectedly. */
const STEERING = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const STEERING_BUT_BREAKS = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Formats JSON and escapes every character that would control a terminal. The value stays the same. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(STEERING_BUT_BREAKS, (character) =>
    [...Array(character.length).keys()].map((index) => `\\u${hex(character.charCodeAt(index), 4)}`).join(""),
  );
}

export interface YamlStyle {
  /** The YAML version of the readers: texts that it takes for booleans or numbers are quoted. */
  readonly version?: "1.1" | "1.2";
  /** How texts of several lines are written. */
  readonly blockQuote?: "literal";
}

/** Formats YAML and escapes every character that would control a terminal. The value stays the same. */
export function toYaml(value: unknown, style: YamlStyle = {}): string {
  const options = { ...style, lineWidth: 0, aliasDuplicateObjects: false };
  const document = new Document(value, options);
  visit(document, {
    Scalar: (_key, node) => {
      // Only double-quoted scalars support escapes.
      if (typeof node.value === "string" && STEERING.test(node.value.replaceAll("\n", ""))) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString(options).replace(STEERING_BUT_BREAKS, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return point > 0xffff ? `\\U${hex(point, 8)}` : `\\u${hex(point, 4)}`;
  });
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}
