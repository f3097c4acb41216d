/** Pieces that are smaller than this in total are copied into one block. */
const BLOCK_BYTES = 64 * 1024;

/**
 * Assembles a body from its pieces, up to a limit. A Buffer takes a hundred bytes in addition to its content, so a body
 * that is sent byte by byte would take a hundred times its size if its pieces were kept.
 */
export class ByteCollector {
  readonly #max: number;
  readonly #blocks: Buffer[] = [];
  #small: Buffer[] = [];
  #smallBytes = 0;
  #size = 0;

  /** @param max bytes */
  constructor(max: number) {
    this.#max = max;
  }

  /** The number of pieces that are held. */
  get pieces(): number {
    return this.#blocks.length + this.#small.length;
  }

  /** Returns false, and accepts nothing else, if the total would exceed the limit. */
  add(piece: Buffer): boolean {
    this.#size += piece.length;
    if (this.#size > this.#max) return false;
    this.#small.push(piece);
    this.#smallBytes += piece.length;
    if (this.#smallBytes >= BLOCK_BYTES || this.#small.length >= 1_024) this.#merge();
    return true;
  }

  concat(): Buffer {
    return Buffer.concat([...this.#blocks, ...this.#small]);
  }

  #merge(): void {
    const [only, ...others] = this.#small;
    this.#blocks.push(only !== undefined && others.length === 0 ? only : Buffer.concat(this.#small));
    this.#small = [];
    this.#smallBytes = 0;
  }
}
