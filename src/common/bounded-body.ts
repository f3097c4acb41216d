import { ByteCollector } from "./byte-collector.ts";

/** Reads a body to its end. If it is larger than `max` bytes, returns undefined and destroys its connection. */
export async function readBounded(body: AsyncIterable<Uint8Array>, max: number): Promise<Buffer | undefined> {
  const collected = new ByteCollector(max);
  for await (const chunk of body) {
    // Leaving the loop destroys the stream and its connection.
    if (!collected.add(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))) return undefined;
  }
  return collected.concat();
}
