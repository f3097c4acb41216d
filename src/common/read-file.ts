import { createReadStream } from "node:fs";
import { ByteCollector } from "./byte-collector.ts";

/**
 * What a file holds; undefined where that is more than `max` bytes, also of what does not tell its size: a pipe, a
 * device. Rejects with Node's errors, and with the signal's when it fires.
 */
export async function readBoundedFile(path: string, max: number, signal?: AbortSignal): Promise<Buffer | undefined> {
  const bytes = new ByteCollector(max);
  for await (const chunk of createReadStream(path, signal === undefined ? {} : { signal })) {
    if (!bytes.add(chunk)) return undefined;
  }
  return bytes.concat();
}
