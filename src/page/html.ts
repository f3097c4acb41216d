import { printable } from "../common/printable.ts";
import { truncate } from "../common/truncate.ts";

/** Longer texts of objects and daemons are cut, because nobody reads them on a page. */
const MAX_TEXT = 2_048;

/** Text that is HTML already. Only the template `html` makes it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = Html | string | number | undefined | readonly Html[];

/**
 * Makes HTML from a template. Each value that is not HTML is escaped for text and for quoted attributes, cut if it is
 * very long, and loses the characters that change the writing direction.
 */
export function html(template: TemplateStringsArray, ...values: readonly Value[]): Html {
  let text = template[0] ?? "";
  values.forEach((value, index) => {
    text += toHtml(value) + (template[index + 1] ?? "");
  });
  return new Html(text);
}

/** A name of an image or the like, which breaks at its separators if it does not fit into a line. */
export function breakable(name: string): Html {
  return new Html(
    escapeHtml(name)
      .replace(/\/(?=[^/])/g, "/<wbr>")
      .replace(/(?<=[^:@/])[:@]/g, "<wbr>$&"),
  );
}

export const NOTHING = new Html("");

function toHtml(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escapeHtml(value);
  return value.map(({ text }) => text).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return printable(truncate(text, MAX_TEXT)).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
