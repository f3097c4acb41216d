/**
 * Thrown for bytes that are not DER as Go reads it. It never leaves this folder: callers that parse foreign bytes turn
 * it into a value.
 */
export class MalformedDer extends Error {
  override readonly name = "MalformedDer";
}

export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** The element including tag and length. */
  readonly whole: Buffer;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** Context-specific tags `[n]`, primitive or constructed. */
export const primitive = (number: number): number => 0x80 | number;
export const constructed = (number: number): number => 0xa0 | number;

/**
 * Reads DER elements one after the other, as strictly as Go's cryptobyte. It copies nothing, and each step takes
 * constant time.
 */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#bytes.length;
  }

  isNext(tag: number): boolean {
    return this.#bytes[this.#at] === tag;
  }

  /** Reads the next element, whatever its tag. */
  any(): DerElement {
    const [bytes, start] = [this.#bytes, this.#at];
    const tag = this.#byteAt(start);
    // Tags of several bytes do not occur in certificates.
    if ((tag & 0x1f) === 0x1f) throw new MalformedDer("long tag");
    const first = this.#byteAt(start + 1);
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    let length = first;
    if (first >= 0x80) {
      if (lengthBytes === 0 || lengthBytes > 4) throw new MalformedDer("length");
      length = 0;
      for (let index = 0; index < lengthBytes; index++) length = length * 256 + this.#byteAt(start + 2 + index);
      if (length < 0x80 || length < 256 ** (lengthBytes - 1)) throw new MalformedDer("length is not minimal");
    }
    const from = start + 2 + lengthBytes;
    if (from + length > bytes.length) throw new MalformedDer("cut");
    this.#at = from + length;
    return { tag, content: bytes.subarray(from, from + length), whole: bytes.subarray(start, from + length) };
  }

  element(tag: number): DerElement {
    if (!this.isNext(tag)) throw new MalformedDer("another tag");
    return this.any();
  }

  read(tag: number): Buffer {
    return this.element(tag).content;
  }

  /** Returns a reader of the content of an element with this tag. */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag));
  }

  optional(tag: number): Buffer | undefined {
    return this.isNext(tag) ? this.read(tag) : undefined;
  }

  /** Reads an object identifier and returns its content in hexadecimal. */
  oid(): string {
    const content = this.read(TAG.oid);
    if (content.length === 0 || ((content.at(-1) ?? 0x80) & 0x80) !== 0) throw new MalformedDer("object identifier");
    return content.toString("hex");
  }

  boolean(): boolean {
    const content = this.read(TAG.boolean);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new MalformedDer("boolean");
    return content[0] === 0xff;
  }

  /** Reads a non-negative integer of at most 52 bits. */
  count(tag: number = TAG.integer): number {
    const content = this.integer(tag);
    if (content.length > 7 || ((content[0] ?? 0) & 0x80) !== 0) throw new MalformedDer("integer");
    return content.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** Reads an integer and returns its bytes, which must be in the shortest form. */
  integer(tag: number = TAG.integer): Buffer {
    const content = this.read(tag);
    const [first, second] = content;
    if (first === undefined) throw new MalformedDer("integer");
    if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      throw new MalformedDer("integer is not minimal");
    }
    return content;
  }

  /** Reads a bit string and returns its bytes. The unused bits of the last one must be zero. */
  bitString(): Buffer {
    const [unused, ...rest] = this.read(TAG.bitString);
    const bytes = Buffer.from(rest);
    const last = bytes.at(-1) ?? 0;
    if (unused === undefined || unused > 7 || (bytes.length === 0 && unused > 0)) throw new MalformedDer("bit string");
    if ((last & ((1 << unused) - 1)) !== 0) throw new MalformedDer("bit string");
    return bytes;
  }

  #byteAt(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined) throw new MalformedDer("cut");
    return byte;
  }
}
