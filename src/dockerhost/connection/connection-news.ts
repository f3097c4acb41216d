import { type Change, lastOfCertificates, lastOfConnection, type News } from "../../api/changes.ts";
import { findCondition } from "../../api/conditions.ts";
import { type Reason, reasonEntry } from "../../api/reasons.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import { daysLeft } from "../../common/days-left.ts";
import { expiryStages } from "./certificate-life.ts";

/**
 * What the receiver of notifications has to get after a pass. It follows from the last change that was recorded, and not from
 * the last status: a host that is suspended, changed and resumed has not been lost twice.
 * @param before the status before the pass
 * @param status the conclusion of the pass
 * @param now wall-clock milliseconds
 */
export function connectionNews(before: DockerHostStatus, status: DockerHostStatus, now: number): readonly News[] {
  const recorded = before.changes ?? [];
  return [...reachability(before, status, recorded), ...expiry(status, recorded, now)];
}

function reachability(
  before: DockerHostStatus,
  { conditions }: DockerHostStatus,
  recorded: readonly Change[],
): readonly News[] {
  const ready = findCondition(conditions, "Ready");
  const last = lastOfConnection(recorded);
  if (ready?.status === "True") {
    const { reason, message } = ready;
    return last?.change === "HostLost" ? [{ change: "HostBack", reason, message }] : [];
  }
  if (ready?.status !== "False" || last?.change === "HostLost") return [];
  // A Secret often follows its new host within seconds. Such a host was not lost.
  const isNew = last === undefined && findCondition(before.conditions, "Ready")?.status !== "True";
  if (isNew && isWaiting(ready.reason)) return [];
  return [{ change: "HostLost", reason: ready.reason, message: ready.message }];
}

function isWaiting(reason: string): boolean {
  // Written by this product, from the table of reasons.
  return reasonEntry(reason as Reason).outcome === "waiting";
}

function expiry(
  { conditions, certificates }: DockerHostStatus,
  recorded: readonly Change[],
  now: number,
): readonly News[] {
  const expiring = findCondition(conditions, "CertificateExpiring");
  if (expiring?.status !== "True" || certificates === undefined) return [];
  const stages = expiryStages(certificates, now);
  const recordedStages = lastOfCertificates(recorded)?.about?.split(", ") ?? [];
  if (stages.every((stage) => recordedStages.includes(stage))) return [];
  const { reason, message } = expiring;
  const left = daysLeft(certificates.nextExpiry ?? "", now);
  return [{ change: "CertificateExpiring", reason, message: `${message} (${left})`, about: stages.join(", ") }];
}
