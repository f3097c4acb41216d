import { createHash, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Logger } from "../common/logger.ts";
import { ApiClient } from "../runtime/api-client.ts";
import type { Cluster } from "../runtime/cluster.ts";
import type { ObjectKey } from "../runtime/kube-object.ts";
import { LeaderElector } from "../runtime/leader-election/leader-elector.ts";
import { LeaseLock } from "../runtime/leader-election/lease.ts";
import { RenamedLeaseLock } from "../runtime/leader-election/renamed-lease.ts";
import type { RequestObserver } from "../runtime/observers.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-codes.ts";

export interface LeaderElectionOptions {
  readonly enableLeaderElection: boolean;
  /** The default is derived from the label selector. */
  readonly leaderElectionName?: string | undefined;
  /** A name that the Lease had before an upgrade, in the namespace of the pod. */
  readonly leaderElectionFormerName?: string | undefined;
  /** The namespace of the Lease. The default is that of the pod or of the kubeconfig's context. */
  readonly leaderElectionNamespace?: string | undefined;
  /** This and the next two are in milliseconds. */
  readonly leaderElectionLeaseDuration: number;
  readonly leaderElectionRenewDeadline: number;
  readonly leaderElectionRetryPeriod: number;
  readonly leaderElectionReleaseOnCancel: boolean;
}

export interface Election extends AsyncDisposable {
  readonly elector: LeaderElector;
}

/**
 * Returns the name of the Lease if no flag gives one: controllers with the same selector elect one leader. The name
 * does not include the watched namespaces, because an upgrade may change them while an old and a new pod run side by
 * side.
 */
export function defaultLeaseName(selector: string | undefined): string {
  const name = "dockerhost-operator";
  if (selector === undefined) return name;
  return `${name}-${createHash("sha256").update(selector).digest("hex").slice(0, 10)}`;
}

/** Takes part in an election over a separate connection. Returns undefined if the options turn election off. */
export function createElection(
  options: LeaderElectionOptions,
  leaseName: string,
  cluster: Cluster,
  observer: RequestObserver,
  { clock, random, exit }: Pick<CliContext, "clock" | "random" | "exit">,
  logger: Logger,
): Election | undefined {
  if (!options.enableLeaderElection) return undefined;
  const timings = {
    leaseDurationMs: options.leaderElectionLeaseDuration,
    renewDeadlineMs: options.leaderElectionRenewDeadline,
    retryPeriodMs: options.leaderElectionRetryPeriod,
  };
  const namespace = options.leaderElectionNamespace ?? cluster.namespace ?? "default";
  const client = new ApiClient({ cluster, clock, userAgent: "dockerhost-operator/leader-election", observer });
  const identity = `${hostname()}_${randomUUID()}`;
  const former = { namespace: cluster.namespace ?? "default", name: options.leaderElectionFormerName ?? leaseName };
  const isRenamed =
    options.leaderElectionFormerName !== undefined && (former.name !== leaseName || former.namespace !== namespace);
  // A call that is given up early leaves time for another one. Two Leases take two calls.
  const timeoutMs = timings.renewDeadlineMs / (isRenamed ? 4 : 2);
  const lockOf = (lease: ObjectKey) => new LeaseLock({ client, lease, timeoutMs });
  const lock = lockOf({ namespace, name: leaseName });
  const elector = new LeaderElector({
    lock: isRenamed ? new RenamedLeaseLock(lock, lockOf(former), identity) : lock,
    identity,
    timings,
    releaseOnCancel: options.leaderElectionReleaseOnCancel,
    clock,
    random,
    logger: logger.child({ lease: `${namespace}/${leaseName}` }),
    onLost: () => exit(EXIT.notReady),
  });
  return { elector, [Symbol.asyncDispose]: () => client.close() };
}
