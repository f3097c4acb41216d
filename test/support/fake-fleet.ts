import { onTestFinished } from "vitest";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { DockerHostStatus } from "../../src/api/status.ts";
import { silentLogger } from "../../src/common/logger.ts";
import { Fleet } from "../../src/dockerhost/fleet.ts";
import type { Requeue } from "../../src/runtime/requeue.ts";
import { Store } from "../../src/runtime/store.ts";
import { condition, dockerHost, type HostParts } from "./docker-host.ts";
import { FakeClock } from "./fake-clock.ts";

/** Of the host that `host` makes. */
export const KEY = "fleet/edge-7";
/** After which a fake reconciler wants to run again. */
export const INTERVAL_MS = 300_000;

interface Run {
  readonly key: string;
  readonly signal: AbortSignal;
  /** Ends the run; ends with an error where one is given. */
  end(error?: Error): void;
}

/** Notes its runs; each continues until the test ends it, or its signal fires. */
class FakeReconciler {
  readonly runs: Run[] = [];
  readonly checkedAgain: string[] = [];
  #held: boolean;

  constructor(held: boolean) {
    this.#held = held;
  }

  /** From now on runs end immediately. */
  release(): void {
    this.#held = false;
    for (const run of this.runs) run.end();
  }

  checkAgain(key: string): void {
    this.checkedAgain.push(key);
  }

  containersChanged(): void {}

  async reconcile(key: string, signal: AbortSignal): Promise<Requeue> {
    await new Promise<void>((resolve, reject) => {
      const end = (error?: Error) => (error === undefined ? resolve() : reject(error));
      this.runs.push({ key, signal, end });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      if (!this.#held) resolve();
    });
    return { kind: "after", ms: INTERVAL_MS };
  }
}

interface Options {
  readonly holdConnection?: boolean;
  readonly holdUpdates?: boolean;
  readonly before?: readonly DockerHostObject[];
  /** Whether what comes is the start-up list. */
  readonly isStarting?: boolean;
}

/** The versions of Secrets represent their content; `read` is what every reader has read. */
class FakeReadings {
  read: ReadonlyMap<string, string> = new Map([
    ["fleet/tls", "first"],
    ["fleet/other", "first"],
    ["fleet/regcred", "first"],
  ]);
  readonly held = new Map<string, string>();
  readonly compared: string[] = [];

  hasRead(_owner: string, _host: string, secret: string): boolean {
    return this.read.has(secret);
  }

  async compare(secret: string): Promise<() => boolean> {
    this.compared.push(secret);
    return () => this.held.get(secret) !== this.read.get(secret);
  }
}

/** Both controllers over fake reconcilers; ends with the test. */
export function startFleet(options: Options = {}) {
  const { holdConnection = false, holdUpdates = false, before = [], isStarting = false } = options;
  const clock = new FakeClock();
  const hosts = new Store<DockerHostObject>();
  for (const host of before) hosts.upsert(host);
  const connection = new FakeReconciler(holdConnection);
  const updates = new FakeReconciler(holdUpdates);
  const readings = new FakeReadings();
  const fleet = new Fleet({
    hosts,
    readings,
    connection,
    updates,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    isStarting: () => isStarting,
  });
  const stop = new AbortController();
  const running = Promise.all(fleet.controllers.map((controller) => controller.run(stop.signal)));
  onTestFinished(async () => {
    stop.abort();
    connection.release();
    updates.release();
    await clock.advance(60_000);
    await running;
  });
  const counts = () => [connection.runs.length, updates.runs.length];
  return { clock, hosts, connection, updates, readings, fleet, counts };
}

let version = 0;
/** In each call another version. */
export const host = (parts: HostParts = {}) => dockerHost({ resourceVersion: String(++version), ...parts });
/** Names a Secret of the connection and one of the check. */
export const spec = {
  tls: { certSecretRef: { name: "tls" } },
  updateCheck: { imagePullSecrets: [{ name: "regcred" }] },
};
export const connected = (generation = 1): DockerHostStatus => ({
  conditions: [condition("Connected", "True", "ConnectionEstablished", { observedGeneration: generation })],
});
