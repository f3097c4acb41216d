import { systemClock } from "../../src/common/clock.ts";
import { silentLogger } from "../../src/common/logger.ts";
import { success } from "../../src/common/result.ts";
import { ApiClient } from "../../src/runtime/api-client.ts";
import { isOlder, type KubeObject } from "../../src/runtime/kube-object.ts";
import { Reflector } from "../../src/runtime/reflector.ts";
import { Store } from "../../src/runtime/store.ts";
import type { Kube } from "../env/kube.ts";
import { missedOf } from "./missed.ts";

/** By this its requests are known from the controller's. */
export const MIRROR = "chaos-mirror";

/** The runtime's own reflectors and stores, in the test's process, over collections of an API server. */
export class Mirror implements AsyncDisposable {
  readonly causes = new Map<string, number>();
  readonly #client: ApiClient;
  readonly #stop = new AbortController();
  readonly #stores = new Map<string, Store<KubeObject>>();
  readonly #running: Promise<unknown>;

  constructor(kube: Kube, paths: readonly string[], inactivityMs: number) {
    const { url: server, ca, token } = kube.facts;
    const credentials = { headers: { authorization: `Bearer ${token}` }, tls: { ca, rejectUnauthorized: true } };
    const cluster = { server, credentials: async () => success(credentials) };
    const shared = { clock: systemClock, random: Math.random, logger: silentLogger };
    this.#client = new ApiClient({ cluster, clock: systemClock, userAgent: MIRROR });
    const restarted = (cause: string) => this.causes.set(cause, (this.causes.get(cause) ?? 0) + 1);
    const observer = { restarted, relisting: () => undefined };
    this.#running = Promise.all(
      paths.map((path) => {
        const store = new Store<KubeObject>();
        this.#stores.set(path, store);
        const reflector = new Reflector({ ...shared, client: this.#client, store, path, inactivityMs, observer });
        return reflector.run(this.#stop.signal);
      }),
    );
  }

  /**
   * Whether a store has read this version or a newer one. Watches report changes in order, and a list is complete: from
   * then on, the store must hold every change up to this version.
   */
  hasReached(path: string, version: string): boolean {
    return this.#list(path).some(({ metadata }) => !isOlder(metadata.resourceVersion ?? "0", version));
  }

  /** What a store that has reached a later version missed of what the server listed, in words. */
  missed(path: string, listed: readonly KubeObject[]): readonly string[] {
    return missedOf(listed, this.#list(path));
  }

  #list(path: string): readonly KubeObject[] {
    return this.#stores.get(path)?.list() ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#client.close();
  }
}
