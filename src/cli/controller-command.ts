import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { GROUP } from "../api/group.ts";
import { formatIpNetwork } from "../common/ip-network.ts";
import type { Logger } from "../common/logger.ts";
import { ClusterUpdates } from "../containerupdate/cluster-updates.ts";
import { UpdateQueue } from "../containerupdate/update-queue.ts";
import { ClusterResources } from "../dockerhost/cluster-resources.ts";
import { Fleet } from "../dockerhost/fleet.ts";
import { ApiClient } from "../runtime/api-client.ts";
import { EventLoopWatch } from "../runtime/event-loop-watch.ts";
import { EventRecorder } from "../runtime/event-recorder.ts";
import { loadCluster } from "../runtime/kubeconfig/load-cluster.ts";
import { SOLE_LEADER } from "../runtime/leadership.ts";
import { clockCheck, leaseCheck, lockoutCheck, runsCheck } from "../runtime/liveness.ts";
import { runManager } from "../runtime/manager.ts";
import { type ProbeOptions, serveProbes } from "../runtime/probes.ts";
import { createPolicies, UNRESTRICTED } from "./connection-policy.ts";
import type { CliContext } from "./context.ts";
import { createDaemonLogger } from "./daemon-logger.ts";
import { startDelayMeter } from "./delay-meter.ts";
import { EXIT, UsageError } from "./exit-codes.ts";
import type { ControllerFlags } from "./flags/controller-flags.ts";
import { InstalledFields } from "./installed-fields.ts";
import { LateReconcilers } from "./late-reconcilers.ts";
import { createElection, defaultLeaseName } from "./leader-election.ts";
import { startMetrics } from "./metrics-endpoint.ts";
import { createNotifier, notifiedChanges, openReceiver } from "./notifications.ts";
import { hostOutbox, updateOutbox } from "./outboxes.ts";
import { guardedPage, startPage } from "./page-endpoint.ts";
import { surroundings } from "./surroundings.ts";
import { createWatches } from "./watches.ts";

/** Reconciles the DockerHosts of a cluster until SIGTERM. */
export async function controller(flags: ControllerFlags, context: CliContext): Promise<number> {
  const { clock, random, env, signal } = context;
  const logger = createDaemonLogger(flags, context);
  const { kubeconfig, context: chosen } = flags;
  const warn = (detail: string) => logger.warn("The kubeconfig needs attention", { detail });
  const cluster = await loadCluster({ kubeconfig, context: chosen, manner: "controller", env, clock, signal, warn });
  if (!cluster.ok) throw new UsageError(cluster.failure);

  // Metrics start first, so that everything that fails from here on is counted.
  await using served = await startMetrics(
    {
      address: flags.metricsAddr,
      secure: flags.metricsSecure ? { cluster: cluster.value, certPath: flags.metricsCertPath } : undefined,
    },
    clock,
    logger,
  );
  const { metrics } = served;
  const observer = metrics.requests(cluster.value.server);
  const lease = flags.leaderElectionName ?? defaultLeaseName(flags.watchLabelSelector);
  await using election = createElection(flags, lease, cluster.value, observer, context, logger);
  const leadership = election?.elector ?? SOLE_LEADER;
  const isLeader = () => leadership.isLeader;
  if (election !== undefined) metrics.leadership(lease, isLeader);

  const around = await surroundings({ server: cluster.value.server, env, clock, signal });
  if (flags.deniedEndpointCidrs === undefined) {
    const message = "Hosts and registries in the cluster's own networks can be reached";
    logger.warn(message, { detail: UNRESTRICTED, deniedAlready: around.map(formatIpNetwork) });
  }
  const client = new ApiClient({ cluster: cluster.value, clock, userAgent: "dockerhost-operator", observer });
  const watches = createWatches(flags, client, context, metrics, logger);
  const { hosts, secrets, reflectors, isStarting } = watches;
  await using _page = await startPage(flags.pageBindAddress, {
    ...{ hosts, updates: watches.updates, gaps: watches.gaps, clock, random, logger },
    guarded: guardedPage(flags, cluster.value, observer),
  });
  const recorder = new EventRecorder({
    client,
    clock,
    random,
    logger,
    reportingController: `${GROUP}/controller`,
    reportingInstance: `${hostname()}-${randomUUID().slice(0, 8)}`,
  });
  const inCluster = { client, recorder, clock, random, isLeader };
  const resources = new ClusterResources({ ...inCluster, hosts });
  const receiver = await openReceiver(flags, { clock, signal, logger });
  const notifies = notifiedChanges(flags);
  const policies = createPolicies(flags, "controller", around);
  const clusterUpdates = new ClusterUpdates({ ...inCluster, store: watches.updates });
  const observers = {
    hosts: metrics.hosts(hosts, isLeader),
    registries: metrics.registries(),
    updates: metrics.containerUpdates(),
  };
  const pacing = {
    intervalJitter: flags.intervalJitterPercentage / 100,
    retryDelay: { minMs: flags.minRetryDelay, maxMs: flags.maxRetryDelay },
  };
  const isSharded = flags.watchLabelSelector !== undefined;
  using reconcilers = new LateReconcilers(({ createControllerReconcilers }) =>
    createControllerReconcilers({
      ...{ resources, policies, observers, pacing, clock, random, notifies, isSharded },
      updates: clusterUpdates,
      isEnabled: flags.updates,
      mayHaveHost: (uid) => isSharded || hosts.list().some(({ metadata }) => metadata.uid === uid),
      ownHostname: env.HOSTNAME,
      wake: (key) => updates.wake(key),
      checkHost: (key) => fleet.checkNow(key),
    }),
  );
  const graceMs = flags.gracefulShutdownTimeout;
  const shared = { clock, random, logger, graceMs, leadership };
  const fleet = new Fleet({
    ...{ ...shared, ...reconcilers.ofHosts, hosts, isStarting, observer: metrics },
    connectionWorkers: flags.concurrent,
    updateWorkers: flags.concurrent,
  });
  const updates = new UpdateQueue({
    ...{ ...shared, hosts, updates: watches.updates, reconciler: reconcilers.ofUpdates, observer: metrics },
    workers: flags.concurrent,
  });
  const controllers = [...fleet.controllers, updates.controller];
  const outboxes = [hostOutbox(hosts, resources), updateOutbox(watches.updates, clusterUpdates)];
  const notifiers = receiver === undefined ? [] : [createNotifier(flags, { ...shared, receiver, metrics, outboxes })];
  secrets.subscribe(({ key }) => fleet.secretChanged(key));

  using meter = startDelayMeter();
  const loop = new EventLoopWatch({ meter, clock, logger });
  const leaseChecks = election === undefined ? [] : [leaseCheck(election.elector, flags.leaderElectionLeaseDuration)];
  const fields = new InstalledFields();
  await using probes = await startProbes({
    ...flags.healthAddr,
    live: [loop.check, clockCheck(clock), runsCheck(controllers), lockoutCheck(watches.needed), ...leaseChecks],
    ready: [...watches.checks, fields.check],
    logger,
  });
  void loop.run(probes.stopped);
  try {
    const { watchNamespaces: namespaces = "all", watchLabelSelector: selector = "all" } = flags;
    logger.info("Starting", { server: cluster.value.server, namespaces, selector });
    const elected = election === undefined ? {} : { election: election.elector };
    const parts = { reflectors, controllers: [...controllers, ...notifiers], recorder, ...elected };
    // It is asked for while the lists arrive.
    const permitted = fields.require(client, signal, logger);
    const prepare = () => reconcilers.make();
    const ended = await runManager({ ...parts, permitted, prepare, clock, logger }, signal);
    if (ended.ok) return EXIT.ok;
    logger.error("The controller is stopping", { detail: ended.failure });
    return EXIT.notReady;
  } finally {
    await client.close();
  }
}

/** Serves the probes until it is disposed of, which is the last step of a shutdown. */
async function startProbes(
  options: Omit<ProbeOptions, "signal"> & { readonly logger: Logger },
): Promise<AsyncDisposable & { readonly stopped: AbortSignal }> {
  const stop = new AbortController();
  const served = await serveProbes({ ...options, signal: stop.signal });
  if (!served.ok) throw new UsageError(`${served.failure}; choose another --health-addr`);
  options.logger.info("Serving probes", { port: served.value.port });
  return {
    stopped: stop.signal,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await served.value.closed;
    },
  };
}
