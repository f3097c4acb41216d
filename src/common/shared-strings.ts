/** V8 itself shares shorter ones when it parses JSON. Longer ones are messages, which hardly repeat. */
const MIN_LENGTH = 11;
const MAX_LENGTH = 256;
/** In characters, for each of the two generations. */
const MAX_CHARACTERS = 512 * 1024;

/**
 * Keeps one copy of each text that many JSON values have in common, such as the images and digests in the statuses of a
 * fleet. Values that were parsed separately would have copies of their own. Texts that did not occur for a long time are
 * forgotten.
 */
export class SharedStrings {
  #recent = new Map<string, string>();
  #older = new Map<string, string>();
  #characters = 0;

  /** The number of texts that are kept. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /** Returns an equal value that has its texts in common with earlier ones. */
  share<T>(value: T): T {
    return this.#share(value) as T;
  }

  #share(value: unknown): unknown {
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map((item: unknown) => this.#share(item));
    if (typeof value !== "object" || value === null) return value;
    // A copy of the object, instead of one that is made of its entries, takes as little memory as the object itself.
    const copy: Record<string, unknown> = { ...value };
    for (const field of Object.keys(copy)) copy[field] = this.#share(copy[field]);
    return copy;
  }

  #text(text: string): string {
    if (text.length < MIN_LENGTH || text.length > MAX_LENGTH) return text;
    const recent = this.#recent.get(text);
    if (recent !== undefined) return recent;
    const known = this.#older.get(text) ?? text;
    if (this.#characters + text.length > MAX_CHARACTERS) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#characters = 0;
    }
    this.#recent.set(known, known);
    this.#characters += text.length;
    return known;
  }
}
