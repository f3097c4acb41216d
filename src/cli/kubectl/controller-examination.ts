import { findCondition } from "../../api/conditions.ts";
import { type DockerHostObject, FLUX_REQUESTED_AT, REQUESTED_AT } from "../../api/docker-host.ts";
import { isUnclaimed } from "../../dockerhost/claims.ts";
import { keyOf } from "../../runtime/kube-object.ts";
import type { Lease } from "../../runtime/leader-election/lease.ts";
import { age } from "../../views/age.ts";
import { isSuspended } from "../../views/host-state.ts";
import type { Finding } from "./finding.ts";

/** A controller handles a new host and a request within seconds, and starts a check soon after it is due. */
const PATIENCE_MS = 60_000;
const CHECK_PATIENCE_MS = 10 * 60_000;
const ADVICE =
  "Check that the controller is running, read its log, and check its --watch-namespaces and --watch-label-selector. Two releases in one namespace need different Leases (--leader-election-name).";

/** What shows whether a controller works. */
export interface ControllerEvidence {
  readonly hosts: readonly DockerHostObject[];
  /** Where the hosts were looked for, in words that follow "in". */
  readonly place: string;
  /** The Leases of controllers, or why they are not known. */
  readonly leases: readonly Lease[] | string;
  /** Wall-clock milliseconds. */
  readonly now: number;
}

/** Decides by the hosts' status, by requests without an answer, by checks that are overdue and by the Lease. */
export function* examineController({ hosts, place, leases, now }: ControllerEvidence): Generator<Finding> {
  const suspended = hosts.filter(isSuspended).length;
  const active = hosts.filter((host) => host.metadata.deletionTimestamp === undefined && !isSuspended(host));
  const problems = [
    sentence(
      "No controller has processed",
      active.filter((host) => isUnclaimed(host, now)),
      active.length,
    ),
    sentence(
      "No controller has answered the request to check",
      active.filter((host) => isUnanswered(host, now)),
      active.length,
    ),
    sentence(
      "The image check is overdue on",
      active.filter((host) => isOverdue(host, now)),
      active.length,
    ),
  ].filter((each) => each !== undefined);
  for (const message of problems) yield { level: "problem", message, advice: ADVICE };

  const lapsed = typeof leases === "string" ? undefined : lapsedLease(leases, now);
  const lastWork = Math.max(0, ...hosts.map(lastWorkOn));
  // A controller without leader election leaves the Lease of an earlier one as it is.
  const isLeft = lapsed !== undefined && lastWork > renewedAt(lapsed);
  if (lapsed !== undefined && !isLeft) yield { level: "problem", message: leaseWords(lapsed, now), advice: ADVICE };

  const looked = `looked at ${count(hosts.length)} in ${place}${suspended > 0 ? ` (${suspended} suspended)` : ""} and at ${leasesWords(leases, now)}`;
  if (problems.length > 0 || (lapsed !== undefined && !isLeft)) return;
  const young = active.filter((host) => host.status?.observedGeneration !== host.metadata.generation);
  const isHeld = typeof leases !== "string" && leases.length > 0 && !isLeft;
  if (active.length === 0 || young.length > 0) {
    const why = active.length === 0 ? "there is no host to process" : `${names(young)} changed less than a minute ago`;
    yield {
      level: isHeld ? "ok" : "warning",
      message: `${isHeld ? "A controller holds the Lease, but it" : "It"} is too early to say whether a controller works: ${why} (${looked})`,
    };
    return;
  }
  yield {
    level: "ok",
    message: `A controller works: all hosts are processed, no request is unanswered and no check is overdue (${looked})`,
  };
}

function isUnanswered({ metadata, status }: DockerHostObject, now: number): boolean {
  const { annotations = {} } = metadata;
  const requests = [
    [annotations[REQUESTED_AT], status?.lastHandledRequestedAt],
    [annotations[FLUX_REQUESTED_AT], status?.lastHandledReconcileAt],
  ] as const;
  return requests.some(([request, handled]) => {
    if (request === undefined || request === handled) return false;
    // Most requests are the time at which they were made. Of others it is not known how old they are.
    return !(now - Date.parse(request) < PATIENCE_MS);
  });
}

/** Images are only checked while the host is connected. */
function isOverdue({ status }: DockerHostObject, now: number): boolean {
  if (findCondition(status?.conditions, "Connected")?.status !== "True") return false;
  if (findCondition(status?.conditions, "UpdateCheckSucceeded")?.reason === "Suspended") return false;
  return now - Date.parse(status?.updates?.nextCheckTime ?? "") > CHECK_PATIENCE_MS;
}

function lastWorkOn({ status }: DockerHostObject): number {
  const times = [status?.updates?.lastCheckTime, ...(status?.conditions ?? []).map((each) => each.lastTransitionTime)];
  return Math.max(0, ...times.map((time) => Date.parse(time ?? "")).filter(Number.isFinite));
}

function renewedAt({ spec }: Lease): number {
  return Date.parse(spec?.renewTime ?? "") || 0;
}

function isLapsed(lease: Lease, now: number): boolean {
  const { holderIdentity = "", leaseDurationSeconds = 15 } = lease.spec ?? {};
  // Twice the duration, since the clocks of machines differ.
  return holderIdentity === "" || now - renewedAt(lease) > Math.max(30_000, leaseDurationSeconds * 2_000);
}

/** Returns a Lease that nobody renews, if there is none that somebody does. */
function lapsedLease(leases: readonly Lease[], now: number): Lease | undefined {
  const lapsed = leases.filter((lease) => isLapsed(lease, now));
  return lapsed.length < leases.length ? undefined : lapsed.toSorted((a, b) => renewedAt(b) - renewedAt(a))[0];
}

function leaseWords(lease: Lease, now: number): string {
  const { holderIdentity = "" } = lease.spec ?? {};
  if (holderIdentity === "") return `No controller holds the Lease ${keyOf(lease)}`;
  return `The Lease ${keyOf(lease)} was last renewed ${age(now - renewedAt(lease))} ago, so its holder ${holderIdentity.split("_")[0]} no longer works`;
}

function leasesWords(leases: readonly Lease[] | string, now: number): string {
  if (typeof leases === "string") return `no Lease, because ${leases}`;
  const renewed = leases.map((lease) => `the Lease ${keyOf(lease)}, renewed ${age(now - renewedAt(lease))} ago`);
  return renewed.length === 0 ? "no Lease, because none exists" : renewed.slice(0, 3).join(", ");
}

function sentence(what: string, hosts: readonly DockerHostObject[], total: number): string | undefined {
  if (hosts.length === 0) return undefined;
  return `${what} ${hosts.length === total ? count(total) : `${hosts.length} of ${count(total)}`}: ${names(hosts)}`;
}

function names(hosts: readonly DockerHostObject[]): string {
  return hosts.slice(0, 5).map(keyOf).join(", ") + (hosts.length > 5 ? " and others" : "");
}

function count(hosts: number): string {
  return hosts === 1 ? "1 host" : `${hosts} hosts`;
}
