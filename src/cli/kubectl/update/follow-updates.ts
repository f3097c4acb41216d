import { findCondition } from "../../../api/conditions.ts";
import { type ContainerUpdateObject, isFinished } from "../../../api/container-update.ts";
import { startDeadline } from "../../../common/deadline.ts";
import { formatDuration } from "../../../common/duration.ts";
import { silentLogger } from "../../../common/logger.ts";
import { keyOf } from "../../../runtime/kube-object.ts";
import { Reflector } from "../../../runtime/reflector.ts";
import { Store } from "../../../runtime/store.ts";
import type { CliContext } from "../../context.ts";
import { EXIT } from "../../exit-codes.ts";
import { writeMessage } from "../../wrap.ts";
import { untilObjects } from "../follow.ts";
import type { HostCluster } from "../host-cluster.ts";
import { partsOf, type UpdateObjects } from "./update-objects.ts";

/** How each followed update ended; `open` if it has not. */
type End = "succeeded" | "rolledBack" | "failed" | "open";

/** Shows how updates proceed until all have ended or cannot go on by themselves. Resolves to the exit code. */
export async function followUpdates(
  wanted: readonly ContainerUpdateObject[],
  cluster: HostCluster,
  objects: UpdateObjects,
  timeoutMs: number,
  context: CliContext,
): Promise<number> {
  const { clock, random, stdout, stderr, signal } = context;
  const store = new Store<ContainerUpdateObject>();
  for (const update of wanted) store.upsert(update);
  const progress = new Progress(context);
  const keys = wanted.map(keyOf);
  store.subscribe(({ key, object }) => {
    if (keys.includes(key)) progress.show(object);
  });
  for (const update of wanted) progress.show(update);
  const stop = new AbortController();
  const { client } = cluster;
  const following = new Reflector({ client, path: objects.path, store, clock, random, logger: silentLogger }).run(
    stop.signal,
  );
  using deadline = startDeadline(signal, "the updates", timeoutMs, clock);
  const ends = () => keys.map((key) => endOf(store.get(key)));
  await untilObjects(store, () => ends().every((end) => end !== "open"), deadline.signal);
  stop.abort();
  await following;
  const open = wanted.filter((update) => endOf(store.get(keyOf(update))) === "open");
  const ended = wanted.filter((update) => !open.includes(update));
  for (const update of ended) {
    const current = store.get(keyOf(update));
    const message = findCondition(current?.status?.conditions, "Ready")?.message ?? "It was deleted";
    const { container = "" } = partsOf(update.spec);
    const downtime = current?.status?.downtime === undefined ? "" : ` (down for ${current.status.downtime})`;
    if (endOf(current) === "succeeded") writeMessage(stdout, `${container}: ${message}${downtime}.`);
    else {
      writeMessage(stderr, `error: ${container}: ${current?.status?.phase ?? "Deleted"}: ${message}`);
      if (current !== undefined && !isFinished(current)) writeMessage(stderr, withdrawal(current));
    }
  }
  if (open.length > 0) {
    const why = signal.aborted ? "Stopped watching" : `Not finished after ${formatDuration(timeoutMs)}`;
    const names = open.map(({ metadata }) => metadata.name);
    const cancel = `kubectl patch containerupdate ${names[0]} -n ${cluster.namespace} --type=merge -p '{"spec":{"cancel":true}}'`;
    const text = `${why}: ${names.join(", ")}. The controller goes on with it, and always leaves a working container; to cancel an update, run: ${cancel}`;
    writeMessage(stderr, text);
  }
  return exitCode(ends());
}

/** The advice for an update that begins as soon as somebody changes what blocks it. */
function withdrawal({ metadata: { name, namespace } }: ContainerUpdateObject): string {
  return `The update begins as soon as that is changed. To withdraw it, run: kubectl delete containerupdate ${name} -n ${namespace}`;
}

function exitCode(ends: readonly End[]): number {
  const bad = ends.filter((end) => end !== "succeeded");
  if (bad.length === 0) return EXIT.ok;
  return bad.every((end) => end === "rolledBack") ? EXIT.rolledBack : EXIT.notReady;
}

/** An update that waits until somebody changes another object counts as failed for the user who waits here. */
function endOf(update: ContainerUpdateObject | undefined): End {
  if (update === undefined) return "failed";
  const { phase, conditions } = update.status ?? {};
  if (phase === "Succeeded") return "succeeded";
  if (phase === "RolledBack") return "rolledBack";
  return isFinished(update) || findCondition(conditions, "Stalled")?.status === "True" ? "failed" : "open";
}

/** Prints each phase of each update once, and its plan as soon as there is one. */
class Progress {
  readonly #context: Pick<CliContext, "stderr">;
  readonly #shown = new Set<string>();

  constructor(context: Pick<CliContext, "stderr">) {
    this.#context = context;
  }

  show(update: ContainerUpdateObject): void {
    const { container = "" } = partsOf(update.spec);
    const { plan, phase, conditions } = update.status ?? {};
    for (const { name, action, because } of plan?.containers.slice(1) ?? []) {
      const what = action === "Replace" ? "is replaced too" : "is restarted afterwards";
      this.#once(update, `${container}: ${name} ${what}${because === undefined ? "" : `, because it ${because}`}`);
    }
    if (plan?.longestStop !== undefined) {
      this.#once(update, `${container}: stopping takes at most ${plan.longestStop}, plus the new start`);
    }
    for (const warning of plan?.warnings ?? []) this.#once(update, `Warning: ${container}: ${warning}`);
    const ready = findCondition(conditions, "Ready");
    if (phase === undefined || ready === undefined || isFinished(update)) return;
    const key = `${phase} ${ready.reason}`;
    this.#once(update, `${container}: ${phase}: ${ready.message}`, key);
  }

  #once({ metadata }: ContainerUpdateObject, text: string, key = text): void {
    if (this.#shown.has(`${metadata.name} ${key}`)) return;
    this.#shown.add(`${metadata.name} ${key}`);
    writeMessage(this.#context.stderr, text);
  }
}
