import type { ChangeKind } from "../../src/api/changes.ts";
import type { ContainerUpdateObject } from "../../src/api/container-update.ts";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import { advised, type Outcome } from "../../src/api/failure.ts";
import { success } from "../../src/common/result.ts";
import type { PullLogin } from "../../src/containerupdate/host-daemon.ts";
import { ContainerUpdateReconciler } from "../../src/containerupdate/reconciler.ts";
import type { Recovered } from "../../src/replacement/recover.ts";
import type {
  Progress,
  ReplacementPorts,
  ReplacementRequest,
  ReplacementResult,
} from "../../src/replacement/request.ts";
import { keyOf } from "../../src/runtime/kube-object.ts";
import type { Leadership } from "../../src/runtime/leadership.ts";
import { RunControl } from "../../src/runtime/run.ts";
import { MemoryUpdates, updatableHost } from "./container-update.ts";
import { FakeClock } from "./fake-clock.ts";
import { MemoryLogger } from "./memory-logger.ts";

export const OLD = "a".repeat(64);
export const NEW = "b".repeat(64);
export const TXN = "0123456789ab";
const PLAN = {
  containers: [{ name: "web", id: OLD, action: "Replace" }],
  warnings: [],
  stopMs: 10_000,
  hooks: [],
  before: { imageId: "sha256:old", image: "shop/web:1", digest: "sha256:before" },
} as const;
export const SUCCEEDED: ReplacementResult = {
  kind: "Succeeded",
  before: "sha256:old",
  after: "sha256:new",
  downtimeMs: 1_834,
  warnings: [],
};
export const UNHEALTHY = advised(
  "ContainerUnhealthy",
  "The health check of the new container web still failed after 5m",
);

export function step(phase: Progress["phase"], name: Progress["step"], newId?: string): Progress {
  const member = { name: "web", oldId: OLD, wasRunning: true, restartPolicy: { Name: "always" } };
  return { phase, step: name, txn: TXN, members: [{ ...member, ...(newId !== undefined && { newId }) }] };
}

export const ALL_STEPS = [
  step("Pulling", "Pull"),
  step("Replacing", "Create"),
  step("Replacing", "StopOld", NEW),
  step("Replacing", "StartNew", NEW),
  step("Verifying", "Verify", NEW),
  step("Verifying", "RemoveOld", NEW),
];

/** The reconciler on a simulated engine of replacements. */
export class UpdateWorld {
  #reconciler: ContainerUpdateReconciler | undefined;
  readonly clock = new FakeClock();
  readonly updates = new MemoryUpdates();
  readonly logger = new MemoryLogger();
  readonly hostEvents: string[] = [];
  readonly woken: string[] = [];
  readonly checked: string[] = [];
  readonly ended: string[] = [];
  readonly requests: ReplacementRequest[] = [];
  /** Each as `shop/web:1 sha256:old`. */
  readonly restoredTags: string[] = [];
  readonly stopping = new AbortController();
  leadership: Leadership = { isLeader: true, transitions: 3, lease: "lease-1" };
  host: DockerHostObject | undefined = updatableHost();
  leftovers: readonly Recovered[] = [];
  login: Outcome<PullLogin> = success({});
  isEnabled = true;
  isSharded = false;
  notifies: ReadonlySet<ChangeKind> | undefined;
  /** What the engine does. */
  replace: (ports: ReplacementPorts) => Promise<ReplacementResult> = async (ports) => this.steps(ports, ALL_STEPS);

  async steps(ports: ReplacementPorts, steps: readonly Progress[], end = SUCCEEDED): Promise<ReplacementResult> {
    for (const each of steps) {
      const recorded = await ports.record(each);
      if (!recorded.ok) return { kind: "Interrupted", failure: recorded.failure };
      if (!(await ports.mayChange())) return { kind: "Interrupted", failure: advised("LeadershipLost", "Taken") };
    }
    return end;
  }

  get reconciler(): ContainerUpdateReconciler {
    this.#reconciler ??= new ContainerUpdateReconciler({
      updates: this.updates,
      hosts: {
        getHost: (key) => (this.host !== undefined && keyOf(this.host) === key ? this.host : undefined),
        recordEvent: (_, { reason }) => this.hostEvents.push(reason),
      },
      isEnabled: this.isEnabled,
      isSharded: this.isSharded,
      notifies: this.notifies,
      openDaemon: async () =>
        success({
          open: () => {
            throw new Error("nothing is connected here");
          },
          engine: { name: "Docker", apiVersion: "1.45" },
          loginFor: async () => this.login,
        }),
      engine: {
        replace: async (request, ports, onPlan) => {
          this.requests.push(request);
          await onPlan?.(PLAN);
          return await this.replace(ports);
        },
        recover: async (ports) => {
          if (!(await ports.mayChange())) return success(this.leftovers);
          const found = this.leftovers;
          this.leftovers = [];
          for (const { result } of found) {
            if (result.kind === "RolledBack")
              await ports.record({ ...step("RollingBack", "StopNew"), because: result.failure });
          }
          return success(found);
        },
        restoreTag: async ({ image }, { imageId }) => {
          this.restoredTags.push(`${image} ${imageId}`);
          return success(undefined);
        },
      },
      mayHaveHost: (uid) => uid === this.host?.metadata.uid,
      checkHost: (key) => this.checked.push(key),
      wake: (key) => this.woken.push(key),
      clock: this.clock,
      random: () => 0.5,
      observer: { updateEnded: (phase, ms) => this.ended.push(`${phase} ${ms}`) },
    });
    return this.#reconciler;
  }

  async run(key = "fleet/web") {
    const { clock, stopping, leadership } = this;
    const options = { what: key, deadlineMs: 60_000, clock, stopping: stopping.signal, yieldWorker: () => undefined };
    using run = new RunControl({ ...options, leadership });
    return await this.reconciler.reconcile(key, run.signal, this.logger, run);
  }

  get update(): ContainerUpdateObject {
    const update = this.updates.get("fleet/web");
    if (update === undefined) throw new Error("it is gone");
    return update;
  }

  conditions(): readonly string[] {
    return (this.update.status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
  }
}
