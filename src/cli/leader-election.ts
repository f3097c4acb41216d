import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Logger } from "../common/logger.ts";
import { ApiClient } from "../runtime/api-client.ts";
import type { Cluster } from "../runtime/cluster.ts";
import { LeaderElector } from "../runtime/leader-election/leader-elector.ts";
import { LeaseLock } from "../runtime/leader-election/lease.ts";
import type { RequestObserver } from "../runtime/observers.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-codes.ts";

export interface LeaderElectionOptions {
  readonly enableLeaderElection: boolean;
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
  const lease = { namespace, name: leaseName };
  const elector = new LeaderElector({
    // A call that is given up after half the deadline leaves time for another one.
    lock: new LeaseLock({ client, lease, timeoutMs: timings.renewDeadlineMs / 2 }),
    identity: `${hostname()}_${randomUUID()}`,
    timings,
    releaseOnCancel: options.leaderElectionReleaseOnCancel,
    clock,
    random,
    logger: logger.child({ lease: `${namespace}/${leaseName}` }),
    onLost: () => exit(EXIT.notReady),
  });
  return { elector, [Symbol.asyncDispose]: () => client.close() };
}
