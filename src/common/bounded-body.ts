import { ByteCollector } from "./byte-collector.ts";

/** This much of each body is not counted: most bodies are smaller, and need not wait. */
const UNCOUNTED_BYTES = 64 * 1024;
/** Room is asked for in such steps. */
const STEP_BYTES = 64 * 1024;

/**
 * Reads a body to its end. If it is larger than `max` bytes, returns undefined and destroys its connection.
 * @param makeRoom resolves when there is room in memory for that many more bytes
 */
export async function readBounded(
  body: AsyncIterable<Uint8Array>,
  max: number,
  makeRoom: (bytes: number) => Promise<void> = async () => undefined,
): Promise<Buffer | undefined> {
  const collected = new ByteCollector(max);
  let size = 0;
  let counted = UNCOUNTED_BYTES;
  for await (const chunk of body) {
    size += chunk.length;
    for (; counted < Math.min(size, max); counted += STEP_BYTES) await makeRoom(STEP_BYTES);
    // Leaving the loop destroys the stream and its connection.
    if (!collected.add(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))) return undefined;
  }
  return collected.concat();
}
