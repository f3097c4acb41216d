import type { IncomingMessage } from "node:http";
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

const DECODERS: ReadonlyMap<string, () => NodeJS.ReadWriteStream & Readable> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

/** An answer is compressed in a way that was not asked for and that cannot be undone. */
export class UnknownEncoding extends Error {}

/**
 * The body as it was before it was compressed. Requests ask for `identity`, but some proxies compress all the same. The
 * caller bounds what it reads: a few compressed bytes can become gigabytes. Throws UnknownEncoding, but not where the
 * status says enough without the body.
 */
export function decodedBody(response: IncomingMessage): Readable {
  const encoding = (response.headers["content-encoding"] ?? "").trim().toLowerCase();
  const isEmpty = response.headers["content-length"] === "0";
  if (encoding === "" || encoding === "identity" || isEmpty) return response;
  const decoder = DECODERS.get(encoding)?.();
  if (decoder === undefined && (response.statusCode ?? 0) >= 300) return response;
  if (decoder === undefined) throw new UnknownEncoding("the body has an unknown content encoding");
  // The callback only keeps an error from being thrown: whoever reads the decoder sees it.
  pipeline(response, decoder, () => undefined);
  return decoder;
}
