import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { DockerHostObject } from "../api/docker-host.ts";
import { GROUP } from "../api/docker-host.ts";
import {
  ClusterResources,
  DOCKER_HOSTS,
  SECRETS,
  toDockerHost,
  toSecretVersion,
} from "../dockerhost/cluster-resources.ts";
import { Fleet } from "../dockerhost/fleet.ts";
import { ApiClient } from "../runtime/api-client.ts";
import { loadCluster } from "../runtime/cluster-config.ts";
import { EventRecorder } from "../runtime/event-recorder.ts";
import { runManager } from "../runtime/manager.ts";
import type { KubeObject } from "../runtime/object.ts";
import { type ProbeCheck, serveProbes } from "../runtime/probes.ts";
import { Reflector } from "../runtime/reflector.ts";
import { collectionPath } from "../runtime/resource.ts";
import { Store } from "../runtime/store.ts";
import { createLogger, type LogEncoding, type LogLevel } from "../telemetry/logger.ts";
import type { Address } from "./address.ts";
import type { CliContext } from "./context.ts";
import { EXIT, UsageError } from "./exit-codes.ts";
import { createFences, type FenceOptions } from "./fences.ts";
import { createElection, type LeaderElectionOptions } from "./leader-election.ts";
import { startMetrics } from "./metrics.ts";
import { createReconcilers } from "./reconcilers.ts";

export interface ControllerOptions extends FenceOptions, LeaderElectionOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly concurrent: number;
  /** Milliseconds. */
  readonly watchInactivityLimit: number;
  readonly healthAddr: Address;
  /** false: no metrics. */
  readonly metricsAddr: Address | false;
  readonly logLevel: LogLevel;
  readonly logEncoding: LogEncoding;
}

const LEASE = "dockerhost-operator";

/** Reconciles the DockerHosts of a cluster until SIGTERM. */
export async function controller(options: ControllerOptions, context: CliContext): Promise<number> {
  const { clock, random, env, signal } = context;
  const logger = createLogger({
    level: options.logLevel,
    encoding: options.logEncoding,
    stream: context.stderr,
    clock,
  });
  const cluster = loadCluster({ kubeconfig: options.kubeconfig, context: options.context, env });
  if (!cluster.ok) throw new UsageError(cluster.failure);

  // First of all: what goes wrong from here on can be seen.
  await using served = await startMetrics(options.metricsAddr, clock, logger);
  const { metrics } = served;
  const client = new ApiClient({
    cluster: cluster.value,
    clock,
    userAgent: "dockerhost-operator",
    observer: metrics.requests(cluster.value.server),
  });
  await using election = createElection(options, LEASE, cluster.value, context, logger);
  const isLeader = () => election?.elector.isLeader ?? true;
  if (election !== undefined) metrics.leadership(LEASE, isLeader);
  const hosts = new Store<DockerHostObject>({ logger });
  // Names and versions alone: what a Secret holds is read when it is needed, and never kept.
  const secrets = new Store<KubeObject>({ logger });
  const recorder = new EventRecorder({
    client,
    clock,
    random,
    logger,
    reportingController: `${GROUP}/controller`,
    reportingInstance: `${hostname()}-${randomUUID().slice(0, 8)}`,
  });
  const reflectors = [
    new Reflector({
      client,
      store: hosts,
      path: collectionPath(DOCKER_HOSTS, options.namespace),
      clock,
      random,
      logger,
      observer: metrics.reflector("DockerHost"),
      transform: toDockerHost,
      inactivityMs: options.watchInactivityLimit,
    }),
    new Reflector({
      client,
      store: secrets,
      path: collectionPath(SECRETS, options.namespace),
      clock,
      random,
      logger,
      observer: metrics.reflector("Secret"),
      accept: "metadata",
      transform: toSecretVersion,
      inactivityMs: options.watchInactivityLimit,
    }),
  ] as const;
  metrics.lastEventAge("DockerHost", () => reflectors[0].lastEventAge);
  metrics.lastEventAge("Secret", () => reflectors[1].lastEventAge);

  using reconcilers = createReconcilers(
    new ClusterResources({ client, hosts, recorder, clock, random }),
    clock,
    random,
    createFences(options, "controller"),
    { hosts: metrics.hosts(hosts, isLeader), registries: metrics.registries() },
  );
  const isStarting = () => !reflectors[0].hasSynced();
  const workers = { connectionWorkers: options.concurrent, updateWorkers: options.concurrent };
  const fleet = new Fleet({ hosts, ...reconcilers, clock, random, logger, isStarting, ...workers, observer: metrics });
  secrets.subscribe(({ key }) => fleet.secretChanged(key));

  const serving = new AbortController();
  const probes = await serveProbes({
    ...options.healthAddr,
    live: [],
    ready: [synced("dockerhosts", reflectors[0]), synced("secrets", reflectors[1])],
    signal: serving.signal,
    logger,
  });
  if (!probes.ok) throw new UsageError(`${probes.failure}; choose another --health-addr`);
  try {
    logger.info("Starting", { server: cluster.value.server, namespace: options.namespace ?? "all namespaces" });
    const elected = election === undefined ? {} : { election: election.elector };
    const parts = { reflectors, controllers: fleet.controllers, recorder, ...elected };
    const ended = await runManager({ ...parts, clock, logger }, signal);
    if (ended.ok) return EXIT.ok;
    logger.error("The controller ends", { detail: ended.failure });
    return EXIT.notReady;
  } finally {
    serving.abort();
    await probes.value.closed;
    await client.close();
  }
}

function synced(name: string, reflector: Pick<Reflector<KubeObject>, "hasSynced">): ProbeCheck {
  return { name, check: () => (reflector.hasSynced() ? undefined : "the first list has not been read yet") };
}
