import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { ByteCollector } from "./byte-collector.ts";

/** Thrown for something that is not a file, since it may never end. `code` is like that of Node's own errors. */
export class NotAFile extends Error {
  override readonly name = "NotAFile";
  readonly code: string;

  constructor(code: string, what: string) {
    super(`it is ${what}, not a file`);
    this.code = code;
  }
}

/**
 * Files that a shell opened for this process, as in `-f <(decrypt hosts.yaml)`. They can be pipes, because their other
 * end is connected.
 */
const INHERITED = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/**
 * Reads a regular file. Returns undefined if it is larger than `max` bytes, even if it does not report its size, like
 * those in /proc. Rejects with Node's errors, with NotAFile for named pipes, devices, sockets and folders, for which it
 * never waits, and with the signal's reason when the signal fires.
 */
export async function readBoundedFile(path: string, max: number, signal?: AbortSignal): Promise<Buffer | undefined> {
  signal?.throwIfAborted();
  const isInherited = INHERITED.test(path);
  // Opening a pipe without a writer would block forever, and could not be interrupted.
  await using file = await open(path, isInherited ? "r" : constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      throw isSocketError(error) ? new NotAFile("ENOTFILE", "a socket or a device") : error;
    },
  );
  if (!isInherited) await requireFile(file);
  const bytes = new ByteCollector(max);
  for await (const chunk of file.createReadStream({ autoClose: false, ...(signal && { signal }) })) {
    if (!bytes.add(chunk)) return undefined;
  }
  return bytes.concat();
}

async function requireFile(file: FileHandle): Promise<void> {
  const found = await file.stat();
  if (found.isFile()) return;
  if (found.isDirectory()) throw new NotAFile("EISDIR", "a folder");
  throw new NotAFile("ENOTFILE", found.isFIFO() ? "a named pipe" : "a device");
}

function isSocketError(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENXIO" || error.code === "ENODEV");
}
