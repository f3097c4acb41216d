import { type ChangeKind, type News, withNews } from "../api/changes.ts";
import { type ConditionContent, placeConditions } from "../api/conditions.ts";
import type { ContainerUpdateObject } from "../api/container-update.ts";
import type { ContainerUpdateStatus, UpdatePhase } from "../api/container-update-status.ts";
import { advised, type Failure } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { toTimestamp } from "../common/clock.ts";

/**
 * What the status says about an update, and how tools should read it:
 *
 * | state     | Ready   | Reconciling | Stalled | meaning                                                       |
 * |-----------|---------|-------------|---------|---------------------------------------------------------------|
 * | working   | Unknown | True        | -       | it is carried out                                             |
 * | waiting   | False   | True        | -       | it begins, or continues, by itself                              |
 * | blocked   | False   | -           | True    | somebody has to change another object first                   |
 * | succeeded | True    | -           | -       | the container runs the digest                                 |
 * | ended     | False   | -           | True    | it has ended otherwise, and the old container is left         |
 */
export type UpdateState = "working" | "waiting" | "blocked" | "succeeded" | "ended";

export interface PhaseReport {
  readonly phase: UpdatePhase;
  readonly state: UpdateState;
  readonly reason: Reason;
  readonly message: string;
}

export function reportOf(phase: UpdatePhase, state: UpdateState, { reason, message }: Failure): PhaseReport {
  return { phase, state, reason, message };
}

/** The report for an update that has not begun. */
export function pending(state: "waiting" | "blocked", reason: Reason, problem: string, next?: string): PhaseReport {
  return reportOf("Pending", state, advised(reason, problem, undefined, next));
}

/** This controller carries out another update on the same daemon, so nobody has to take that over. */
export function busyWithAnother(problem: string): Failure {
  return advised("DaemonBusy", problem, undefined, "This one begins by itself when that one has ended.");
}

/**
 * The whole status with this report.
 * @param details what else changes; the rest of the status is kept
 * @param now wall-clock milliseconds
 */
export function statusWith(
  { metadata, status: before = {} }: ContainerUpdateObject,
  report: PhaseReport,
  now: number,
  details: Partial<ContainerUpdateStatus> = {},
): ContainerUpdateStatus {
  const { observedGeneration: _, notified: __, conditions = [], ...kept } = before;
  return {
    ...kept,
    ...details,
    phase: report.phase,
    observedGeneration: metadata.generation,
    conditions: placeConditions(contentsOf(report), conditions, metadata.generation, toTimestamp(now)),
  };
}

/**
 * What the receiver of notifications gets when an update has ended, to be stored with its status. An update that somebody
 * cancelled or replaced by another is not reported.
 */
export function endChanges(
  { status: before = {} }: Pick<ContainerUpdateObject, "status">,
  { phase, reason, message }: PhaseReport,
  notifies: ReadonlySet<ChangeKind> | undefined,
  now: number,
): Pick<ContainerUpdateStatus, "changes"> {
  const change = ENDS[phase];
  if (change === undefined || notifies?.has(change) !== true || before.phase === phase) return {};
  const news: News = { change, reason, message };
  return { changes: [...withNews(before.changes ?? [], before.notified?.replacement ?? 0, [news], now)] };
}

const ENDS: Partial<Record<UpdatePhase, ChangeKind>> = {
  Succeeded: "ContainerUpdated",
  RolledBack: "ContainerUpdateFailed",
  Failed: "ContainerUpdateFailed",
};

function contentsOf({ state, reason, message }: PhaseReport): readonly ConditionContent[] {
  const words = { reason, message };
  switch (state) {
    case "working":
      return [
        { type: "Ready", status: "Unknown", ...words },
        { type: "Reconciling", status: "True", reason: "Progressing", message },
      ];
    case "waiting":
      return [
        { type: "Ready", status: "False", ...words },
        { type: "Reconciling", status: "True", reason: "ProgressingWithRetry", message: WAITS },
      ];
    case "blocked":
    case "ended":
      return [
        { type: "Ready", status: "False", ...words },
        { type: "Stalled", status: "True", ...words },
      ];
    case "succeeded":
      return [{ type: "Ready", status: "True", ...words }];
  }
}

const WAITS = "The update goes on by itself as soon as it can";
