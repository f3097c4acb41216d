import type { Resources } from "../../../src/dockerhost/ports.ts";
import type { Counters } from "../../sim/counters.ts";

/** How a run is cut short at a point. */
export type Crash =
  /** The signal fires there; what was asked for continues. */
  | "aborted"
  /** The call fails, and has done nothing. */
  | "failed before"
  /** The call fails, and has done what it was asked for. */
  | "failed after";

/** Whether a point is a call to a port; else it is a request on the wire. */
export function isPort(point: string): boolean {
  return /^(getSecret|saveStatus) /.test(point);
}

/** Where a run of a reconciler waits for something outside: each a point at which it can be cut short. */
export class CrashPoints {
  readonly #abort = new AbortController();
  readonly #at: number;
  readonly #crash: Crash;
  #isClosed = false;
  readonly passed: string[] = [];

  /** @param at which point, counted from 1; 0: none */
  constructor(at: number, crash: Crash) {
    this.#at = at;
    this.#crash = crash;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The calls to the ports pass points. */
  through(resources: Resources): Resources {
    return {
      getHost: (key) => resources.getHost(key),
      duplicatesOf: (host, engineId) => resources.duplicatesOf(host, engineId),
      recordEvent: (host, event) => resources.recordEvent(host, event),
      getSecret: (namespace, name, signal) =>
        this.#call(`getSecret ${name}`, () => resources.getSecret(namespace, name, signal)),
      saveStatus: (host, owner, status, signal, options) =>
        this.#call(`saveStatus ${owner}`, () => resources.saveStatus(host, owner, status, signal, options)),
    };
  }

  /** The requests that a simulated server takes are points, too; there a run can only be aborted. Returns the undo. */
  watch(counters: Counters): () => void {
    const add = counters.add;
    counters.add = (route) => {
      add.call(counters, route);
      if (this.#pass(route) && this.#crash === "aborted") this.#abort.abort(new Error("crashed"));
    };
    return () => {
      counters.add = add;
    };
  }

  async #call<T>(name: string, call: () => Promise<T>): Promise<T> {
    if (!this.#pass(name)) return await call();
    if (this.#crash === "aborted") this.#abort.abort(new Error("crashed"));
    if (this.#crash === "failed before") throw new Error("crashed");
    const result = await call();
    if (this.#crash === "failed after") throw new Error("crashed");
    return result;
  }

  /** What passes a point from now on does not count. */
  close(): void {
    this.#isClosed = true;
  }

  #pass(name: string): boolean {
    if (this.#isClosed) return false;
    this.passed.push(name);
    return this.passed.length === this.#at;
  }
}
