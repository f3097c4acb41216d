import type { Resources } from "../../../src/dockerhost/ports.ts";

/** A process that a pass runs in, and that can end in the midst of it. */
export class Mortal {
  readonly #abort = new AbortController();
  readonly #death = Promise.withResolvers<void>();
  #isDead = false;
  /** How many calls to ports were begun and answered. */
  readonly calls = { begun: 0, answered: 0 };

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves once it is dead; never else. */
  get death(): Promise<void> {
    return this.#death.promise;
  }

  /** It is asked to stop: a shutdown, or a lease that is lost. */
  stop(): void {
    this.#abort.abort(new Error("stopped"));
  }

  /** As by kill -9: nothing that it does from now on reaches anything, and no answer reaches it. */
  die(): void {
    this.#isDead = true;
    this.#death.resolve();
    // What the process had open is closed.
    this.stop();
  }

  through(resources: Resources): Resources {
    return {
      getHost: (key) => resources.getHost(key),
      duplicatesOf: (host, engineId) => resources.duplicatesOf(host, engineId),
      recordEvent: (host, event) => {
        if (!this.#isDead) resources.recordEvent(host, event);
      },
      getSecret: (namespace, name, signal) => this.call(() => resources.getSecret(namespace, name, signal)),
      saveStatus: (host, owner, status, signal, options) =>
        this.call(() => resources.saveStatus(host, owner, status, signal, options)),
    };
  }

  /** Something that it asks for outside of itself. */
  async call<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isDead) return await new Promise<T>(() => undefined);
    this.calls.begun++;
    try {
      return await call();
    } finally {
      this.calls.answered++;
    }
  }
}
