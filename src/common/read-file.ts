import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { ByteCollector } from "./byte-collector.ts";

/** What is not a file has no end that could be waited for; `code` as of Node's own errors. */
export class NotAFile extends Error {
  override readonly name = "NotAFile";
  readonly code: string;

  constructor(code: string, what: string) {
    super(`it is ${what}, not a file`);
    this.code = code;
  }
}

/** What a shell has opened for this process, as in `-f <(decrypt hosts.yaml)`: its other end is there. */
const INHERITED = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/**
 * What a regular file holds; undefined where that is more than `max` bytes, also of one that does not tell its size, as
 * in /proc. Rejects with Node's errors, with NotAFile for named pipes, devices, sockets and folders, which are never
 * waited for, and with the signal's reason when it fires.
 */
export async function readBoundedFile(path: string, max: number, signal?: AbortSignal): Promise<Buffer | undefined> {
  signal?.throwIfAborted();
  const isInherited = INHERITED.test(path);
  // To open a pipe that nobody writes to would take for ever, and nothing could end it.
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
