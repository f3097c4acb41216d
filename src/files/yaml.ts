import { type Document, isScalar, LineCounter, parseAllDocuments, visit, type YAMLParseError } from "yaml";
import { failure, type Result, success } from "../common/result.ts";

/** The limit of a manifest file in bytes. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/**
 * Parses all documents of a YAML or JSON text. kubectl reads YAML 1.1, in which `yes`, `on` and `Off` are booleans;
 * Compose reads YAML 1.2, in which they are texts. A failure follows the name of the file and contains the line.
 */
export function parseDocuments(text: string, version: "1.1" | "1.2" = "1.1"): Result<readonly unknown[], string> {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) return failure(`is larger than ${MAX_MANIFEST_BYTES} bytes`);
  // At its default level, the parser writes warnings to standard error, which quote the text.
  const lineCounter = new LineCounter();
  const quiet = { prettyErrors: true, logLevel: "error", lineCounter } as const;
  // The parser's own search for duplicate keys takes a minute for forty thousand keys.
  const documents = parseAllDocuments(text, { ...quiet, version, merge: true, uniqueKeys: false });
  const values: unknown[] = [];
  for (const document of documents) {
    const error = document.errors[0];
    if (error !== undefined) return failure(`is not valid YAML: ${describe(error)}`);
    const twice = repeatedKey(document);
    if (twice !== undefined) {
      const { line, col } = lineCounter.linePos(twice);
      return failure(`is not valid YAML: duplicate key at line ${line}, column ${col}`);
    }
    try {
      values.push(document.toJS({ maxAliasCount: 100 }));
    } catch {
      return failure("is not valid YAML: an alias cannot be resolved, or there are too many aliases");
    }
  }
  return success(values.filter((value) => value !== null && value !== undefined));
}

/** Finds the position of a duplicate key in a map. */
function repeatedKey(document: Document.Parsed): number | undefined {
  let found: number | undefined;
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (key.value !== "<<" && seen.has(key.value)) {
          found = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

const WORDS: Readonly<Partial<Record<YAMLParseError["code"], string>>> = {
  BAD_ALIAS: "an alias has no name, or a text that begins with * is not in quotes",
  BAD_DQ_ESCAPE: "a backslash in double quotes is not followed by a valid escape; use single quotes",
  BAD_INDENT: "the indentation does not match the lines around it",
  BAD_SCALAR_START: "a text begins with a character that needs quotes around the text",
  BLOCK_AS_IMPLICIT_KEY: "a colon is followed by more than one value; put a text that contains a colon in quotes",
  MISSING_CHAR: "a quote, a bracket, a comma or a colon is missing",
  MULTILINE_IMPLICIT_KEY: "a line is not a field and its value; a colon after the field's name is missing",
  TAB_AS_INDENT: "a tab is used for indentation; use spaces",
  TAG_RESOLVE_FAILED: "a value does not match the type after the exclamation mark",
  UNEXPECTED_TOKEN: "a character is not expected here; a quote, a bracket or an indentation may be missing",
};

/** Describes what is wrong and where. The error's own message quotes the file, which can contain keys. */
function describe({ code, linePos }: YAMLParseError): string {
  const what = WORDS[code] ?? "the syntax is wrong";
  const [at] = linePos ?? [];
  return at === undefined ? what : `${what} at line ${at.line}, column ${at.col}`;
}
