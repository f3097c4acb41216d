import { type ConditionContent, findCondition, keptContent, placeConditions } from "../../api/conditions.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";
import type { Failure } from "../../api/failure.ts";
import { reasonEntry } from "../../api/reasons.ts";
import type { DockerHostStatus, UpdatesStatus } from "../../api/status.ts";
import { toTimestamp } from "../../common/clock.ts";
import type { Requeue } from "../../runtime/requeue.ts";
import type { CheckReport, FoundUpdate } from "../../updates/check-report.ts";
import { markAnnounced, unannounced } from "../../updates/seen.ts";
import { summarize } from "../../updates/summary.ts";
import { DEFAULT_INTERVAL_MS } from "../intervals.ts";
import type { HostEvent } from "../ports.ts";
import { handledRequests } from "../requested-runs.ts";
import { checkRetry } from "./check-retry.ts";
import { afterFailure, type CheckSchedule } from "./schedule.ts";
import { newerTagEvents, updateEvents } from "./update-events.ts";
import type { UpdateOutcome } from "./update-pass.ts";

/** What a check writes, and when the next one follows. */
export interface CheckConclusion {
  readonly status: DockerHostStatus;
  readonly events: readonly HostEvent[];
  readonly requeue: Requeue;
}

interface PassContext {
  readonly host: DockerHostObject;
  /** In wall-clock milliseconds. */
  readonly now: number;
}

/**
 * Pure, and complete.
 * @param failures how many checks in a row now wait with increasing delay, including this one
 * @param connectionMs the interval of the host's connection, which is used if the connection failed
 */
export function concludeCheck(
  context: PassContext & {
    readonly schedule: CheckSchedule;
    readonly outcome: UpdateOutcome;
    readonly failures: number;
    readonly connectionMs?: number;
  },
): CheckConclusion {
  const { host, schedule, outcome, now } = context;
  const ordinary = schedule.next(now);
  const planned = retryTime(context, ordinary);
  const { retryAt } = outcome.kind === "checked" ? outcome.report : outcome.failure;
  const maturesAt = (outcome.kind === "checked" ? outcome.report.maturesAt : undefined) ?? Number.POSITIVE_INFINITY;
  const allowed = Math.max(planned, Math.min(retryAt ?? 0, ordinary));
  const next = Math.max(now, Math.min(allowed, maturesAt));
  const news = outcome.kind === "checked" ? unannounced(outcome.report.updates, outcome.report.seen) : [];
  const contents = outcome.kind === "checked" ? reportContents(outcome.report) : failureContents(host, outcome.failure);
  const times = { nextCheckTime: toTimestamp(next), ...handledRequests(host) };
  const updates: UpdatesStatus =
    outcome.kind === "checked"
      ? { lastCheckTime: toTimestamp(now), ...times, ...answer(outcome.report, news) }
      : { ...lastAnswer(host), ...times };
  return {
    status: place(context, contents, updates),
    events: [
      ...updateEvents(host.status ?? {}, contents, news),
      ...newerTagEvents(host.status ?? {}, outcome.kind === "checked" ? outcome.report.items : []),
    ],
    requeue: { kind: "after", ms: next - now },
  };
}

/** Never later than the regular check. */
function retryTime(
  { outcome, failures, now, connectionMs = DEFAULT_INTERVAL_MS, schedule }: Parameters<typeof concludeCheck>[0],
  ordinary: number,
): number {
  const retry = checkRetry(outcome);
  if (retry === "backoff") return afterFailure(Math.max(1, failures), now, schedule);
  return retry === "connection" ? Math.min(now + connectionMs, ordinary) : ordinary;
}

/** For a host that cannot be checked now: a new generation is marked as such, and the last result stays. */
export function concludeNotAttempted(context: PassContext & { readonly why: string }): CheckConclusion {
  const { status } = context.host;
  const words = { status: "Unknown", reason: "NotAttempted", message: context.why } as const;
  const contents: ConditionContent[] = [
    { type: "UpdateCheckSucceeded", ...words },
    { type: "UpdatesAvailable", ...words },
  ];
  // The connection forgets the engine together with the endpoint, because results for the old endpoint say nothing
  // about the new one.
  const updates = status?.engine === undefined ? undefined : status.updates;
  return { status: place(context, contents, updates), events: [], requeue: { kind: "done" } };
}

/** While suspended, the conditions stay if only `suspend` changed, and are Unknown otherwise. */
export function concludeSuspended(
  context: PassContext & { readonly field: string; readonly onlySuspendChanged: boolean },
): CheckConclusion {
  const { host, field, onlySuspendChanged } = context;
  const suspended = { status: "Unknown", reason: "Suspended", message: `Suspended by ${field}` } as const;
  const contents = (["UpdateCheckSucceeded", "UpdatesAvailable"] as const).map((type): ConditionContent => {
    const before = onlySuspendChanged ? findCondition(host.status?.conditions, type) : undefined;
    if (before === undefined || before.reason === "NotAttempted") return { type, ...suspended };
    return keptContent(before);
  });
  return { status: place(context, contents, host.status?.updates), events: [], requeue: { kind: "done" } };
}

function reportContents(report: CheckReport): ConditionContent[] {
  const { UpdateCheckSucceeded, UpdatesAvailable } = summarize(report);
  return [
    { type: "UpdateCheckSucceeded", ...UpdateCheckSucceeded },
    { type: "UpdatesAvailable", ...UpdatesAvailable },
  ];
}

/** A failure does not remove anything: a known update is still known. But whether there is none is then unknown. */
function failureContents(host: DockerHostObject, failure: Failure): ConditionContent[] {
  const before = findCondition(host.status?.conditions, "UpdatesAvailable");
  return [
    {
      type: "UpdateCheckSucceeded",
      status: "False",
      reason: failure.reason,
      message: isOwn(failure) ? failure.message : `The containers could not be listed: ${failure.message}`,
    },
    before?.status === "True"
      ? keptContent(before)
      : { type: "UpdatesAvailable", status: "Unknown", reason: "CheckIncomplete", message: "The last check failed" },
  ];
}

/** Whether the check itself failed, and not the connection to the daemon. */
function isOwn({ reason }: Failure): boolean {
  return reasonEntry(reason).condition === "UpdateCheckSucceeded";
}

function answer({ counts, items, truncated, seen }: CheckReport, news: readonly FoundUpdate[]): UpdatesStatus {
  const remembered = markAnnounced(
    seen,
    news.map((update) => update.seen),
  );
  return {
    ...counts,
    items: items.map((item) => ({ ...item })),
    ...(truncated ? { truncated } : {}),
    ...(remembered.length > 0 ? { seen: remembered.map((each) => ({ ...each })) } : {}),
  };
}

/** What the last check that could list the containers found, without its times. */
function lastAnswer(host: DockerHostObject): UpdatesStatus {
  const {
    nextCheckTime: _,
    lastHandledRequestedAt: __,
    lastHandledReconcileAt: ___,
    ...kept
  } = host.status?.updates ?? {};
  return kept;
}

function place(
  { host, now }: PassContext,
  contents: readonly ConditionContent[],
  updates: UpdatesStatus | undefined,
): DockerHostStatus {
  const conditions = placeConditions(
    contents,
    host.status?.conditions ?? [],
    host.metadata.generation,
    toTimestamp(now),
  );
  return { conditions, ...(updates === undefined ? {} : { updates }) };
}
