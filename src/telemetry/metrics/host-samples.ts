import { findCondition } from "../../api/conditions.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";
import type { UpdatesStatus, VERDICTS } from "../../api/status.ts";
import { isExpiring } from "../../common/expiry-window.ts";
import type { Sample } from "./metric-set.ts";

type Verdict = (typeof VERDICTS)[number];

const COUNTS = {
  UpToDate: "upToDate",
  Outdated: "outdated",
  RestartPending: "restartPending",
  Pinned: "pinned",
  LocalImage: "local",
  TooYoung: "tooYoung",
  Excluded: "excluded",
  Failed: "failed",
} as const satisfies Record<Verdict, keyof UpdatesStatus>;

const CERTIFICATES = ["server", "client", "ca"] as const;

/** Returns the labels that identify a host. */
export function hostLabels({ metadata: { namespace, name } }: DockerHostObject) {
  return { namespace, name };
}

export function isReady(host: DockerHostObject): boolean {
  return findCondition(host.status?.conditions, "Ready")?.status === "True";
}

/** Tests for objects, because a host that violates the schema can have any value as its spec. */
export function isSuspended({ spec }: DockerHostObject): boolean {
  return typeof spec === "object" && spec !== null && "suspend" in spec && spec.suspend === true;
}

/** Yields one series for each known certificate. */
export function* certificateExpiries(
  host: DockerHostObject,
): Generator<Sample<"dockerhost_certificate_expiry_timestamp_seconds">> {
  for (const certificate of CERTIFICATES) {
    const seconds = toSeconds(host.status?.certificates?.[certificate]?.notAfter);
    if (seconds !== undefined) yield { labels: { ...hostLabels(host), certificate }, value: seconds };
  }
}

/**
 * Yields for each known certificate whether it counts as expiring.
 * @param now wall-clock milliseconds
 */
export function* expiringCertificates(
  host: DockerHostObject,
  now: number,
): Generator<Sample<"dockerhost_certificate_expiring">> {
  for (const certificate of CERTIFICATES) {
    const known = host.status?.certificates?.[certificate];
    if (toSeconds(known?.notAfter) === undefined || known === undefined) continue;
    yield { labels: { ...hostLabels(host), certificate }, value: isExpiring(known, now) ? 1 : 0 };
  }
}

/** Yields one series for each verdict, even if no container has it, and none before the first check. */
export function* containerCounts(host: DockerHostObject): Generator<Sample<"dockerhost_containers">> {
  const updates = host.status?.updates;
  if (updates?.total === undefined) return;
  for (const [verdict, field] of Object.entries(COUNTS)) {
    yield { labels: { ...hostLabels(host), verdict }, value: updates[field] ?? 0 };
  }
}

/** Returns when the last check ended if it succeeded, in seconds since the epoch. */
export function succeededCheckTime({ status }: DockerHostObject): number | undefined {
  const succeeded = findCondition(status?.conditions, "UpdateCheckSucceeded");
  return succeeded?.status === "True" ? toSeconds(status?.updates?.lastCheckTime) : undefined;
}

function toSeconds(timestamp: string | undefined): number | undefined {
  const ms = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(ms) ? undefined : ms / 1_000;
}
