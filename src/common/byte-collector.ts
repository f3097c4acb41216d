/** Not worth a copy of their own: below this many bytes together, pieces are copied into one. */
const BLOCK_BYTES = 64 * 1024;

/**
 * Puts a body together from its pieces, up to a bound. A Buffer takes a hundred bytes beside its content, so that a body
 * sent byte by byte would take a hundred times its size if its pieces were kept.
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

  /** How many pieces are held. */
  get pieces(): number {
    return this.#blocks.length + this.#small.length;
  }

  /** False, and nothing is taken any more, when it would be more than the bound. */
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
