import type { IncomingMessage } from "node:http";
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

const DECODERS: ReadonlyMap<string, () => NodeJS.ReadWriteStream & Readable> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

/** An answer has a compression that was not requested and cannot be undone. */
export class UnknownEncoding extends Error {}

/**
 * Returns the body without its compression. Requests ask for `identity`, but some proxies compress nevertheless. The
 * caller must limit what it reads, because a few compressed bytes can become gigabytes. Throws UnknownEncoding, unless
 * the status says enough without the body.
 */
export function decodedBody(response: IncomingMessage): Readable {
  const encoding = (response.headers["content-encoding"] ?? "").trim().toLowerCase();
  const isEmpty = response.headers["content-length"] === "0";
  if (encoding === "" || encoding === "identity" || isEmpty) return response;
  const decoder = DECODERS.get(encoding)?.();
  if (decoder === undefined && (response.statusCode ?? 0) >= 300) return response;
  if (decoder === undefined) throw new UnknownEncoding("the body has an unknown content encoding");
  // The callback only prevents an exception: the reader of the decoder sees the error.
  pipeline(response, decoder, () => undefined);
  return decoder;
}
