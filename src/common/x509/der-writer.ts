import { TAG } from "./der.ts";

/** Writes one DER element. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

export function sequence(...elements: readonly Uint8Array[]): Buffer {
  return der(TAG.sequence, ...elements);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(TAG.oid, Buffer.from([40 * first + second, ...rest.flatMap(base128)]));
}

/** Writes a whole number that is not negative, given as its bytes. */
export function unsigned(bytes: Uint8Array): Buffer {
  const isNegative = (bytes[0] ?? 0) >= 0x80;
  return der(TAG.integer, isNegative ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

export function bitString(bytes: Uint8Array): Buffer {
  return der(TAG.bitString, Buffer.from([0]), bytes);
}

/** Writes a time until 2049, as certificates have it. */
export function utcTime(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/^..|[-:T]|\.\d+/g, "");
  return der(TAG.utcTime, Buffer.from(text));
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  return bytes < 0x100 ? Buffer.from([0x81, bytes]) : Buffer.from([0x82, bytes >> 8, bytes & 0xff]);
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
