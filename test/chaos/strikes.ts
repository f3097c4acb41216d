import type { Random } from "../../src/common/random.ts";
import type { ApiProxy, RequestFilter, SeenRequest } from "../integration/api-proxy.ts";
import { shuffledForever } from "./seeded-random.ts";

/** Interrupts a single watch, whether it is open or about to send its next request. */
const SINGLE = ["429", "500", "reset", "half-open", "truncate", "slow list"] as const;

const SLOW_LIST_MS = 1_500;

/** Makes watches go wrong, each in a way of its own, and counts. */
export class Strikes {
  readonly #proxy: ApiProxy;
  readonly #kinds: Generator<(typeof SINGLE)[number], never>;
  readonly #counts = new Map<string, number>();

  constructor(proxy: ApiProxy, random: Random) {
    this.#proxy = proxy;
    this.#kinds = shuffledForever(SINGLE, random);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** `8 reset, 8 429` */
  summary(): string {
    return [...this.#counts].map(([kind, times]) => `${times} ${kind}`).join(", ");
  }

  count(kind: string, watches: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + watches);
  }

  /** What comes next strikes the watch of this client and path. */
  next(isWatcher: (seen: SeenRequest) => boolean): void {
    const kind = this.#kinds.next().value;
    const watches: RequestFilter = (seen) => seen.method === "WATCH" && isWatcher(seen);
    const lists: RequestFilter = (seen) => seen.method === "GET" && isWatcher(seen);
    if (kind === "429") this.#proxy.fail(watches, { kind: "status", status: 429, retryAfterSeconds: 1 });
    if (kind === "500") this.#proxy.fail(watches, { kind: "status", status: 500 });
    if (kind === "slow list") this.#proxy.fail(lists, { kind: "slow", ms: SLOW_LIST_MS });
    const isRefusal = kind === "429" || kind === "500";
    // Only a list gets past an event that was cut off.
    const fault = isRefusal ? "end" : kind === "slow list" ? "truncate" : kind;
    const struck = this.#proxy.strike(watches, fault);
    this.count(kind, isRefusal ? 1 : struck);
  }
}
