import {
  Composer,
  type CST,
  type Document,
  isScalar,
  Lexer,
  LineCounter,
  Parser,
  visit,
  type YAMLParseError,
} from "yaml";
import { atOnce, type Sliced } from "../common/in-slices.ts";
import { failure, type Result, success } from "../common/result.ts";
import { listItems } from "./yaml-list.ts";

/** The limit of a manifest file in bytes. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
/** Some milliseconds of work. */
const WORDS_PER_SLICE = 200;

type Version = "1.1" | "1.2";

/** Parses all documents of a YAML or JSON text in one call. */
export function parseDocuments(text: string, version: Version = "1.1"): Result<readonly unknown[], string> {
  return atOnce(documentsOf(text, version));
}

/**
 * Parses all documents of a YAML or JSON text, in slices of one document, or one item of a List, at a time. kubectl reads
 * YAML 1.1, in which `yes`, `on` and `Off` are booleans; Compose reads YAML 1.2, in which they are texts. A failure follows
 * the name of the file and contains the line.
 */
export function* documentsOf(text: string, version: Version): Sliced<Result<readonly unknown[], string>> {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) return failure(`is larger than ${MAX_MANIFEST_BYTES} bytes`);
  const lines = new LineCounter();
  const values: unknown[] = [];
  let directives: CST.Token[] = [];
  for (const token of yield* tokensOf(text, lines)) {
    yield;
    // `...`, of the document that has been read.
    if (token.type === "doc-end") continue;
    if (token.type !== "document") {
      // Directives and comments belong to the document that follows.
      directives.push(token);
      continue;
    }
    const value = yield* readDocument(token, directives, version, lines);
    if (!value.ok) return value;
    values.push(value.value);
    directives = [];
  }
  const rest = compose(directives, version, lines);
  if (!rest.ok) return rest;
  return success([...values, ...rest.value].filter((value) => value !== null && value !== undefined));
}

/** The documents, and the text between them, before they have a meaning. */
function* tokensOf(text: string, lines: LineCounter): Sliced<readonly CST.Token[]> {
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  let words = 0;
  for (const word of new Lexer().lex(text)) {
    tokens.push(...parser.next(word));
    if (++words % WORDS_PER_SLICE === 0) yield;
  }
  tokens.push(...parser.end());
  return tokens;
}

function* readDocument(
  token: CST.Document,
  directives: readonly CST.Token[],
  version: Version,
  lines: LineCounter,
): Sliced<Result<unknown, string>> {
  const list = listItems(token);
  if (list === undefined) return only(compose([...directives, token], version, lines));
  const head = only(compose([...directives, list.head], version, lines));
  if (!head.ok) return head;
  const items: unknown[] = [];
  for (const item of list.items) {
    yield;
    const value = only(compose([...directives, item], version, lines));
    // An item may refer to another one, or have no meaning on its own, so the whole document is needed.
    if (!value.ok) return only(compose([...directives, token], version, lines));
    items.push(value.value);
  }
  return success({ ...(typeof head.value === "object" ? head.value : {}), items });
}

function only(values: Result<readonly unknown[], string>): Result<unknown, string> {
  return values.ok ? success(values.value[0]) : values;
}

function compose(
  tokens: readonly CST.Token[],
  version: Version,
  lines: LineCounter,
): Result<readonly unknown[], string> {
  // At its default level, the parser writes warnings to standard error, which quote the text. Its own search for
  // duplicate keys takes a minute for forty thousand keys.
  const composer = new Composer({ version, merge: true, uniqueKeys: false, logLevel: "error" });
  const values: unknown[] = [];
  for (const document of composer.compose(tokens)) {
    const error = document.errors[0];
    if (error !== undefined) return failure(`is not valid YAML: ${describe(error, lines)}`);
    const twice = repeatedKey(document);
    if (twice !== undefined) return failure(`is not valid YAML: duplicate key ${at(twice, lines)}`);
    try {
      values.push(document.toJS({ maxAliasCount: 100 }));
    } catch {
      return failure("is not valid YAML: an alias cannot be resolved, or there are too many aliases");
    }
  }
  return success(values);
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
function describe({ code, pos: [start] }: YAMLParseError, lines: LineCounter): string {
  const what = WORDS[code] ?? "the syntax is wrong";
  return start < 0 ? what : `${what} ${at(start, lines)}`;
}

function at(position: number, lines: LineCounter): string {
  const { line, col } = lines.linePos(position);
  return `at line ${line}, column ${col}`;
}
