import { findCondition } from "../../api/conditions.ts";
import { type DockerHostObject, REQUESTED_AT } from "../../api/docker-host.ts";
import { startDeadline } from "../../common/deadline.ts";
import { keyOf } from "../../runtime/kube-object.ts";
import { isSuspended } from "../../views/host-state.ts";
import { paintFor } from "../condition-lines.ts";
import { type CliContext, terminalWidth, wantsColour } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { exitOfCheck } from "../host-exit-code.ts";
import { formatHosts } from "../output.ts";
import type { OutputFormat } from "../output-formats.ts";
import { startProgress } from "../pass-progress.ts";
import { writePainted } from "../safe-stream.ts";
import { writeMessage } from "../wrap.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import { followHosts, untilObjects } from "./follow.ts";
import { HostCluster } from "./host-cluster.ts";

export interface CheckFlags extends ClusterFlags {
  readonly all?: boolean;
  readonly output: OutputFormat;
  /** Milliseconds. */
  readonly timeout: number;
  readonly failOnUpdates?: boolean;
}

/** `kubectl dockerhost check`: makes the controller check hosts now, waits, and shows the results. */
export async function check(names: readonly string[], flags: CheckFlags, context: CliContext): Promise<number> {
  const { clock, stdout, stderr, signal } = context;
  await using cluster = await HostCluster.open(flags, context);
  const selected = await cluster.select(names, flags.all ?? false);
  const isNamed = names.length > 0;
  const suspended = selected.filter(isSuspended);
  for (const host of suspended) writeMessage(stderr, suspendedLine(host, isNamed));
  if (suspended.length === selected.length && suspended.length > 0) return EXIT.notReady;
  const asked = isNamed ? selected.filter((host) => !isSuspended(host)) : selected;
  const token = new Date(clock.now()).toISOString();
  for (const host of asked.filter((each) => !isSuspended(each))) {
    await cluster.patch(host, { metadata: { annotations: { [REQUESTED_AT]: token } } });
  }
  await using followed = await followHosts(cluster, context);
  const current = () => asked.map((host) => followed.hosts.get(keyOf(host)) ?? host);
  using deadline = startDeadline(signal, "the check", flags.timeout, clock);
  const open = () => current().filter((host) => !isAnswered(host, token));
  using _ = startProgress({ stderr, clock, total: asked.length, open: () => open().map(keyOf) });
  const answered = await untilObjects(
    followed.hosts,
    (hosts) => asked.every((host) => hosts.get(keyOf(host)) === undefined || isAnswered(hosts.get(keyOf(host)), token)),
    deadline.signal,
  );
  // What an unanswered host shows is older than the question.
  const hosts = current().filter((host) => isAnswered(host, token));
  if (hosts.length > 0 || answered || isForPrograms(flags.output)) {
    writePainted(
      stdout,
      formatHosts(hosts, flags.output, {
        now: clock.now(),
        paint: paintFor(wantsColour(context, stdout)),
        width: terminalWidth(stdout),
      }),
    );
  }
  if (answered) {
    const { code, errors } = exitOfCheck(hosts, flags.failOnUpdates ?? false);
    for (const error of errors) writeMessage(stderr, `error: ${error}`);
    return suspended.length > 0 && isNamed ? EXIT.notReady : code;
  }
  for (const host of open()) stderr.write(`error: ${keyOf(host)} was not checked in time: ${openStep(host, token)}\n`);
  return EXIT.notReady;
}

/** A program that reads the output expects a list, even an empty one. */
function isForPrograms(format: OutputFormat): boolean {
  return format === "json" || format === "yaml";
}

/** A host that is named must be checked; of all hosts, suspended ones are left out on purpose. */
function suspendedLine(host: DockerHostObject, isNamed: boolean): string {
  const { name, namespace } = host.metadata;
  const resume = `kubectl dockerhost resume ${name} -n ${namespace}`;
  return `${isNamed ? "error" : "Warning"}: ${keyOf(host)} is suspended and was not checked; to resume it, run: ${resume}`;
}

/** Whether the controller has finished with a request. */
function isAnswered(host: DockerHostObject | undefined, token: string): boolean {
  if (host === undefined || isSuspended(host)) return true;
  const { lastHandledRequestedAt, updates, conditions } = host.status ?? {};
  if (lastHandledRequestedAt !== token) return false;
  // Images are not checked without a connection, nor while update checks are suspended.
  if (findCondition(conditions, "Connected")?.status !== "True") return true;
  if (findCondition(conditions, "UpdateCheckSucceeded")?.reason === "Suspended") return true;
  return updates?.lastHandledRequestedAt === token;
}

function openStep({ status }: DockerHostObject, token: string): string {
  return status?.lastHandledRequestedAt === token
    ? "the check of its images is still running"
    : "no controller picked up the request; run `kubectl dockerhost doctor` to find the cause";
}
