import { DOCKER_HOST } from "../api/docker-host.ts";
import { type Logger, silentLogger } from "../common/logger.ts";
import { Fleet } from "../dockerhost/fleet.ts";
import type { StateStore } from "../files/file-objects.ts";
import { FileResources } from "../files/file-resources.ts";
import { FolderWatch } from "../files/folder-watch.ts";
import { manifestsOf } from "../files/manifest-set.ts";
import { StateFolder } from "../files/state-folder.ts";
import type { Notifier } from "../notify/notifier.ts";
import type { Metrics } from "../telemetry/metrics/metrics.ts";
import { changeLines } from "./change-lines.ts";
import { createPolicies } from "./connection-policy.ts";
import { type CliContext, wantsColour } from "./context.ts";
import { createDaemonLogger } from "./daemon-logger.ts";
import { EXIT, problemsFound, UsageError } from "./exit-codes.ts";
import type { RunFlags } from "./flags/run-flags.ts";
import { LiveTable } from "./live-table.ts";
import { startMetrics } from "./metrics-endpoint.ts";
import { createNotifier, notifiedChanges, openReceiver } from "./notifications.ts";
import { hostOutbox } from "./outboxes.ts";
import { startPage } from "./page-endpoint.ts";
import { createReconcilers } from "./reconcilers.ts";

export interface RunOptions extends RunFlags {
  readonly filename: readonly string[];
}

/** Reconciles the hosts of manifests until Ctrl-C. Shows a live table on a terminal, else a line for each change. */
export async function run(options: RunOptions, context: CliContext): Promise<number> {
  const { clock, random, signal, stdout } = context;
  if (options.filename.includes("-")) {
    throw new UsageError(
      "standard input cannot be watched for changes; give files or folders, or use `dockerhost check -f -`",
    );
  }
  const live = stdout.isTTY === true;
  // Log lines would break the table, which shows the same facts.
  const logger = live ? silentLogger : createDaemonLogger(options, context);
  let fleet: Fleet | undefined;
  const resources = new FileResources({
    clock,
    ...(options.state === undefined ? {} : { state: await openState(options.state, logger) }),
    onSecretChange: (key) => fleet?.secretChanged(key),
  });
  let table: LiveTable | undefined;
  const onRemarks = () => table?.refresh();
  const watch = new FolderWatch({ paths: options.filename, resources, clock, logger, onRemarks });
  const manifests = await watch.refresh();
  const hosts = manifestsOf(manifests, DOCKER_HOST);
  if (hosts.size === 0 && manifests.problems.length > 0) throw problemsFound(manifests.problems);
  logger.info("Following the manifests", { paths: options.filename, hosts: hosts.size });
  await using served = await startMetrics({ address: options.metricsAddr }, clock, logger);
  const { metrics } = served;
  await using page = await startPage(options.page && options.pageBindAddress, {
    hosts: resources.hosts,
    clock,
    random,
    logger,
  });
  using reconcilers = createReconcilers(resources, clock, random, createPolicies(options, "run"), {
    hosts: metrics.hosts(resources.hosts),
    registries: metrics.registries(),
    notifies: notifiedChanges(options),
  });
  const notifier = await openNotifier(options, resources, context, metrics, logger);
  if (live) {
    const none = `There is no DockerHost in ${options.filename.join(", ")} yet; the table will show any that you add.`;
    const notes = () => [
      ...(page.url === undefined ? [] : [`The page is at ${page.url}`]),
      ...(resources.hosts.list().length === 0 ? [none] : []),
      ...(notifier?.problem === undefined ? [] : [`Notifications cannot be delivered: ${notifier.problem}`]),
      ...[...watch.problems, ...watch.notes].map(({ source, message }) => `${source}: ${message}`),
    ];
    const colour = wantsColour(context, stdout);
    table = new LiveTable({ hosts: resources.hosts, stdout, clock, signal, colour, notes });
    table.start();
  } else {
    resources.hosts.subscribe((change) => {
      for (const line of changeLines(change, clock.now())) stdout.write(`${line}\n`);
    });
  }
  const isStarting = () => false;
  const { hosts: store } = resources;
  fleet = new Fleet({ hosts: store, ...reconcilers, clock, random, logger, isStarting, observer: metrics });
  const parts = [watch, ...fleet.controllers, ...(notifier === undefined ? [] : [notifier])];
  await Promise.all(parts.map((part) => part.run(signal)));
  return EXIT.ok;
}

/** How long an attempt to deliver a message may delay the end of the program. */
const GRACE_MS = 5_000;

async function openNotifier(
  options: RunOptions,
  resources: FileResources,
  { clock, random, signal }: CliContext,
  metrics: Metrics,
  logger: Logger,
): Promise<Notifier | undefined> {
  const receiver = await openReceiver(options, { clock, signal, logger });
  if (receiver === undefined) return undefined;
  if (options.state === undefined)
    logger.warn(
      "Without --state, hosts that are not ready at a restart are notified again, and waiting changes are lost",
    );
  const outboxes = [hostOutbox(resources.hosts, resources)];
  return createNotifier(options, { receiver, metrics, outboxes, graceMs: GRACE_MS, clock, random, logger });
}

async function openState(folder: string, logger: typeof silentLogger): Promise<StateStore> {
  const state = new StateFolder(folder, logger);
  try {
    await state.prepare();
  } catch (error) {
    throw new UsageError(
      `The state folder ${folder} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return state;
}
