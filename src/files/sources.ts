import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { readBoundedFile } from "../common/read-file.ts";
import { failure, type Result, success } from "../common/result.ts";
import { MAX_MANIFEST_BYTES } from "./yaml.ts";

/** A text that contains manifests, and its name for messages. */
export interface SourceText {
  readonly source: string;
  readonly text: string;
}

/** The name of standard input as a source. */
export const STANDARD_INPUT = "standard input";

/**
 * Expands a path to files: itself, or the *.yaml, *.yml and *.json files of a folder, as kubectl does (without
 * subfolders, pipes and sockets). A failure follows the path in a message.
 */
export async function expandPath(path: string): Promise<Result<readonly string[], string>> {
  try {
    if (!(await stat(path)).isDirectory()) return success([path]);
    const entries = await readdir(path, { withFileTypes: true });
    // Files of mounted ConfigMaps are links.
    const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name);
    const names = files.filter((name) => /\.(ya?ml|json)$/.test(name) && !name.startsWith(".")).sort();
    return success(names.map((name) => join(path, name)));
  } catch (error) {
    return failure(`cannot be read: ${explain(error)}`);
  }
}

export async function readSource(path: string): Promise<Result<SourceText, string>> {
  try {
    const bytes = await readBoundedFile(path, MAX_MANIFEST_BYTES);
    if (bytes === undefined) return failure(`is larger than ${MAX_MANIFEST_BYTES} bytes`);
    return success({ source: path, text: bytes.toString("utf8") });
  } catch (error) {
    return failure(`cannot be read: ${explain(error)}`);
  }
}

/**
 * Reads a whole stream, for `-f -`. Rejects with the signal's reason when it fires, because the input of a terminal may
 * never end.
 */
export async function readStream(stream: Readable, signal: AbortSignal): Promise<Result<SourceText, string>> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of addAbortSignal(signal, stream)) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > MAX_MANIFEST_BYTES) return failure(`is larger than ${MAX_MANIFEST_BYTES} bytes`);
      chunks.push(bytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    return failure(`cannot be read: ${explain(error)}`);
  }
  return success({ source: STANDARD_INPUT, text: Buffer.concat(chunks).toString("utf8") });
}

function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words: Readonly<Record<string, string>> = { ENOENT: "it does not exist", EACCES: "permission denied" };
  return words[code] ?? (error instanceof Error ? error.message : String(error));
}
