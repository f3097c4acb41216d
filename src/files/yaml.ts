import { parseAllDocuments } from "yaml";
import { failure, type Result, success } from "../common/result.ts";

/** A manifest file larger than this is refused. Bytes. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/**
 * All documents of a YAML or JSON text, read as kubectl reads them: YAML 1.1, in which `yes`, `on` and `Off` are
 * booleans. The failure is a sentence with the line.
 */
export function parseDocuments(text: string): Result<readonly unknown[], string> {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) return failure(`it is larger than ${MAX_MANIFEST_BYTES} bytes`);
  const documents = parseAllDocuments(text, { version: "1.1", merge: true, prettyErrors: true });
  const values: unknown[] = [];
  for (const document of documents) {
    const error = document.errors[0];
    // The message's first line: the rest quotes the file, which may hold keys.
    if (error !== undefined) return failure(`it is no YAML: ${error.message.split("\n")[0]?.replace(/:$/, "") ?? ""}`);
    try {
      values.push(document.toJS({ maxAliasCount: 100 }));
    } catch {
      return failure("it is no YAML: an alias that cannot be resolved, or too many of them");
    }
  }
  return success(values.filter((value) => value !== null && value !== undefined));
}
