import { expect, vi } from "vitest";
import { ApiClient } from "../../src/runtime/api-client.ts";
import type { KubeObject } from "../../src/runtime/kube-object.ts";
import { Reflector } from "../../src/runtime/reflector.ts";
import type { ReflectorOptions } from "../../src/runtime/reflector-options.ts";
import { Store } from "../../src/runtime/store.ts";
import { eventually } from "./eventually.ts";
import { FakeApiServer } from "./fake-api-server.ts";
import { FakeClock } from "./fake-clock.ts";
import { MemoryLogger } from "./memory-logger.ts";

/** The collection's path. */
export const HOSTS = "/apis/example.com/v1/hosts";

/** A collection of a fake API server, and a store that a reflector keeps equal to it. */
export class ReflectedCollection implements AsyncDisposable {
  readonly server = new FakeApiServer();
  readonly clock = new FakeClock();
  readonly store = new Store<KubeObject>();
  readonly logger = new MemoryLogger();
  /** Ends the reflector. */
  stop = new AbortController();
  #client: ApiClient | undefined;
  running: Promise<void> = Promise.resolve();

  static async start(): Promise<ReflectedCollection> {
    const collection = new ReflectedCollection();
    await collection.server.start();
    return collection;
  }

  reflect(options: Partial<ReflectorOptions<KubeObject>> = {}): Reflector<KubeObject> {
    const { server, clock, store, logger } = this;
    const client = new ApiClient({ cluster: server.cluster, clock, userAgent: "test/1" });
    this.#client = client;
    const reflector = new Reflector({ client, store, path: HOSTS, clock, random: () => 0.5, logger, ...options });
    this.running = reflector.run(this.stop.signal);
    return reflector;
  }

  put(name: string, generation = 1): void {
    this.server.put(`${HOSTS}/${name}`, { metadata: { name, generation } });
  }

  /** `NAME:GENERATION` of each that the store holds. */
  held(): string[] {
    return this.store.list().map(({ metadata }) => `${metadata.name}:${metadata.generation}`);
  }

  lists() {
    return this.server.requests.filter((request) => !request.query.has("watch"));
  }

  watches() {
    return this.server.requests.filter((request) => request.query.has("watch"));
  }

  /** Lets time pass, well below the inactivity limit, until the store holds this. */
  toHold(...expected: string[]): Promise<void> {
    return this.passing(200, () => expect(this.held()).toEqual(expected));
  }

  /** Lets `ms` pass again and again until the expectation holds. */
  async passing(ms: number, expectation: () => void): Promise<void> {
    const attempt = async () => {
      await this.clock.advance(ms);
      expectation();
    };
    await vi.waitFor(attempt, { interval: 2, timeout: 60_000 });
  }

  watching(): Promise<void> {
    return eventually(() => expect(this.server.openWatches).toBe(1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.running;
    await this.#client?.close();
    await this.server.stop();
  }
}
