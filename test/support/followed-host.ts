import type { UpdatesStatus } from "../../src/api/status.ts";
import { createReconcilers } from "../../src/cli/reconcilers.ts";
import { type Clock, systemClock } from "../../src/common/clock.ts";
import { openGuard } from "../../src/common/dial-guard.ts";
import { silentLogger } from "../../src/common/logger.ts";
import { FOLLOW_GAP_MS } from "../../src/dockerhost/followed-containers.ts";
import { FileResources } from "../../src/files/file-resources.ts";
import { hostManifests } from "./merged-manifests.ts";

const KEY = "fleet/edge-7";

/** One host whose passes and checks run when a test says so, at the times that the test says. */
export class FollowedHost implements Disposable {
  readonly #reconcilers: ReturnType<typeof createReconcilers>;
  readonly #resources: FileResources;
  readonly #signal = new AbortController().signal;
  #aheadMs = 0;

  /** @param secrets by name, each with its entries */
  static async start(spec: object, secrets: Readonly<Record<string, Readonly<Record<string, string>>>>) {
    const host = new FollowedHost();
    const entries = Object.entries(secrets).map(([name, values]) => [`fleet/${name}`, values]);
    await host.#resources.apply(hostManifests({ [KEY]: { spec } }, Object.fromEntries(entries)));
    return host;
  }

  private constructor() {
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + this.#aheadMs };
    this.#resources = new FileResources({ clock });
    this.#reconcilers = createReconcilers(this.#resources, clock, () => 0.5, {
      guard: openGuard(),
      requireTls: false,
    });
  }

  [Symbol.dispose](): void {
    this.#reconcilers[Symbol.dispose]();
  }

  /** A connection pass that is late enough after the last check to look at the containers; returns whether they changed. */
  async laterPass(): Promise<boolean> {
    this.#aheadMs += FOLLOW_GAP_MS;
    const { connection, updates, containers } = this.#reconcilers;
    await connection.reconcile(KEY, this.#signal, silentLogger);
    const changed = containers.takeChanged(KEY);
    if (changed) updates.containersChanged(KEY);
    return changed;
  }

  /** Runs an update check if one is due, and returns what the status then shows about updates. */
  async updates(): Promise<UpdatesStatus | undefined> {
    await this.#reconcilers.updates.reconcile(KEY, this.#signal, silentLogger);
    return this.#resources.getHost(KEY)?.status?.updates;
  }
}
