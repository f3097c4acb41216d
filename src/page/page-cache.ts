import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Clock } from "../common/clock.ts";
import { ExpiringCache } from "../common/expiring-cache.ts";
import type { Rendered } from "./pages.ts";

export interface CachedPage {
  readonly status: number;
  readonly plain: Buffer;
  readonly zipped: Buffer;
}

const compress = promisify(gzip);
const MAX_BYTES = 32 * 1024 * 1024;
/** A page is rendered again after this time, because the number of days left changes without a change of the fleet. */
const LIFETIME_MS = 60_000;
/** More renderings at the same time could use much memory. */
const MOST_AT_ONCE = 16;

/** Rendered pages: all readers of the same page and version share one rendering. */
export class PageCache {
  readonly #known: ExpiringCache<CachedPage>;
  readonly #pending = new Map<string, Promise<CachedPage>>();

  constructor(clock: Clock) {
    this.#known = new ExpiringCache(clock, MAX_BYTES, ({ plain, zipped }) => plain.length + zipped.length);
  }

  /** Undefined if too many other pages are being rendered. */
  async get(key: string, render: () => Promise<Rendered>): Promise<CachedPage | undefined> {
    const known = this.#known.get(key) ?? this.#pending.get(key);
    if (known !== undefined) return await known;
    if (this.#pending.size >= MOST_AT_ONCE) return undefined;
    const made = this.#make(key, render).finally(() => this.#pending.delete(key));
    this.#pending.set(key, made);
    return await made;
  }

  async #make(key: string, render: () => Promise<Rendered>): Promise<CachedPage> {
    const { status, text } = await render();
    const plain = Buffer.from(text);
    const page = { status, plain, zipped: await compress(plain) };
    this.#known.set(key, page, LIFETIME_MS);
    return page;
  }
}
