import { lstat, stat } from "node:fs/promises";
import { addAbortSignal, type Readable } from "node:stream";
import { ByteCollector } from "../common/byte-collector.ts";
import { errorCode } from "../common/error-code.ts";
import { readBoundedFile } from "../common/read-file.ts";
import { UsageError } from "../common/usage-error.ts";

/** The limit of a file with certificates or a key. Its contents are limited again when they are checked. */
export const MAX_PEM_BYTES = 1024 * 1024;

/** Reads a file that the user named. Throws a UsageError if it cannot be read or is larger than `max` bytes. */
export async function readNamedFile(path: string, max: number, signal?: AbortSignal): Promise<Buffer> {
  const bytes = await readFileIfThere(path, max, signal);
  if (bytes === undefined) throw new UsageError(`${path} cannot be read: it does not exist`);
  return bytes;
}

/** Like readNamedFile, but returns undefined if the file does not exist. */
export async function readFileIfThere(path: string, max: number, signal?: AbortSignal): Promise<Buffer | undefined> {
  const bytes = await readBoundedFile(path, max, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return null;
    throw new UsageError(`${path} cannot be read: ${describeReadError(error)}`);
  });
  if (bytes === undefined) throw new UsageError(`${path} is larger than ${max} bytes`);
  return bytes ?? undefined;
}

/** Reads all of standard input. */
export async function readInputBytes(stream: Readable, max: number, signal: AbortSignal): Promise<Buffer> {
  const bytes = new ByteCollector(max);
  for await (const chunk of addAbortSignal(signal, stream)) {
    if (!bytes.add(Buffer.from(chunk))) throw new UsageError(`standard input is larger than ${max} bytes`);
  }
  return bytes.concat();
}

export async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

export async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Whether anything exists at a path, including a broken link. */
export async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

export function describeReadError(error: unknown): string {
  const code = errorCode(error);
  const words: Readonly<Record<string, string>> = {
    ENOENT: "it does not exist",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
    ENOTDIR: "it is not a folder",
    ENOTFILE: "it is a named pipe, a socket or a device, not a file",
  };
  return code === undefined ? "it is unreadable" : (words[code] ?? code);
}
