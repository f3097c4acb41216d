import { type Document, isScalar, LineCounter, parseAllDocuments, visit, type YAMLParseError } from "yaml";
import { failure, type Result, success } from "../common/result.ts";

/** A manifest file larger than this is refused. Bytes. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/**
 * All documents of a YAML or JSON text, read as kubectl reads them: YAML 1.1, in which `yes`, `on` and `Off` are
 * booleans. In 1.2, which Compose reads, they are texts. The failure is what to say after the file's name, with the line.
 */
export function parseDocuments(text: string, version: "1.1" | "1.2" = "1.1"): Result<readonly unknown[], string> {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) return failure(`is larger than ${MAX_MANIFEST_BYTES} bytes`);
  // At its default level it writes warnings to standard error, which quote the text.
  const lineCounter = new LineCounter();
  const quiet = { prettyErrors: true, logLevel: "error", lineCounter } as const;
  // Its own search for equal keys takes a minute for forty thousand of them.
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
      return failure("is not valid YAML: an alias that cannot be resolved, or too many of them");
    }
  }
  return success(values.filter((value) => value !== null && value !== undefined));
}

/** Where a map has a key that it has already. */
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

/** What is wrong and where. The error's own message quotes the file, which may hold keys. */
function describe({ code, linePos }: YAMLParseError): string {
  const what = code.toLowerCase().replaceAll("_", " ");
  const [at] = linePos ?? [];
  return at === undefined ? what : `${what} at line ${at.line}, column ${at.col}`;
}
