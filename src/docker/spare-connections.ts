import type { Clock } from "../common/clock.ts";
import type { EngineAgent } from "./engine-agent.ts";
import type { EngineTarget } from "./engine-target.ts";

interface Spare {
  readonly target: EngineTarget;
  readonly agent: EngineAgent;
  readonly cancel: () => void;
}

/** A check follows a pass within milliseconds, or within seconds while many hosts wait for theirs. */
const LIFETIME_MS = 10_000;
/** One takes up to a hundred KiB. */
const MAX_SPARES = 50;

/**
 * Connections that passes leave open for the check that follows immediately, which then needs no handshake of its own. Each is used
 * once, and only for the same endpoint, credentials and rules; otherwise it is closed.
 */
export class SpareConnections implements Disposable {
  readonly #clock: Clock;
  readonly #spares = new Map<string, Spare>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes over the connection, and closes the one that was left for the same host before. */
  leave(host: string, target: EngineTarget, agent: EngineAgent): void {
    this.close(host);
    // Those that are already there are used first.
    if (this.#spares.size >= MAX_SPARES) {
      agent.agent.destroy();
      return;
    }
    const cancel = this.#clock.after(LIFETIME_MS, () => this.close(host), { background: true });
    this.#spares.set(host, { target, agent, cancel });
  }

  /** Hands over the connection that was left for the host, if it is one that the target would have. */
  take(host: string, target: EngineTarget): EngineAgent | undefined {
    const spare = this.#spares.get(host);
    if (spare === undefined || !isSame(spare.target, target)) {
      this.close(host);
      return undefined;
    }
    this.#spares.delete(host);
    spare.cancel();
    return spare.agent;
  }

  close(host: string): void {
    const spare = this.#spares.get(host);
    this.#spares.delete(host);
    spare?.cancel();
    spare?.agent.agent.destroy();
  }

  get size(): number {
    return this.#spares.size;
  }

  [Symbol.dispose](): void {
    for (const host of [...this.#spares.keys()]) this.close(host);
  }
}

/** Credentials that did not change are the same object, because they are checked only once. */
function isSame(a: EngineTarget, b: EngineTarget): boolean {
  return (
    JSON.stringify(a.endpoint) === JSON.stringify(b.endpoint) &&
    a.guard === b.guard &&
    a.ssh === b.ssh &&
    a.tls?.credentials === b.tls?.credentials &&
    a.tls?.verify === b.tls?.verify &&
    a.tls?.serverName === b.tls?.serverName &&
    a.tls?.roots === b.tls?.roots
  );
}
