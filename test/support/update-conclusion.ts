import type { Reason } from "../../src/api/reasons.ts";
import { concludeCheck } from "../../src/dockerhost/updates/conclude-check.ts";
import { checkSchedule } from "../../src/dockerhost/updates/schedule.ts";
import type { UpdateOutcome } from "../../src/dockerhost/updates/update-pass.ts";
import type { CheckReport, UpdateItem } from "../../src/updates/check-report.ts";
import type { SeenDigest } from "../../src/updates/judgement.ts";
import { rememberSeen } from "../../src/updates/seen.ts";
import { dockerHost, type HostParts, parsedSpec } from "./docker-host.ts";

export const NOW = Date.parse("2026-01-01T00:00:00Z");
export const HOUR_MS = 3_600_000;
export const NONE = {
  upToDate: 0,
  outdated: 0,
  restartPending: 0,
  pinned: 0,
  local: 0,
  tooYoung: 0,
  excluded: 0,
  failed: 0,
  newerTags: 0,
};

export const upToDate: UpdateItem = {
  container: "api",
  image: "shop/api:1",
  verdict: "UpToDate",
  available: "sha256:a",
};
export const outdated: UpdateItem = {
  container: "web",
  image: "shop/web:1",
  verdict: "Outdated",
  available: "sha256:b",
};
export const failing: UpdateItem = {
  container: "db",
  image: "shop/db:1",
  verdict: "Failed",
  reason: "RegistryUnreachable",
};

/** `known`: what was seen before. */
export function checked(
  items: readonly UpdateItem[],
  more: Partial<CheckReport> = {},
  known: readonly SeenDigest[] = [],
): UpdateOutcome {
  const updates = items.flatMap(({ container, image, verdict, available: digest = "" }) => {
    const seen = known.find((each) => each.image === image && each.digest === digest);
    const fresh = { image, digest, at: "2026-01-01T00:00:00Z" };
    return verdict === "Outdated" ? [{ container, image, seen: seen ?? fresh }] : [];
  });
  const count = (verdict: UpdateItem["verdict"]) => items.filter((item) => item.verdict === verdict).length;
  const failed = count("Failed");
  const group = { reason: "RegistryUnreachable", count: failed, container: "db", message: "no answer" } as const;
  return {
    kind: "checked",
    report: {
      counts: { ...NONE, total: items.length, upToDate: count("UpToDate"), outdated: count("Outdated"), failed },
      items,
      updates,
      seen: rememberSeen(
        known,
        updates.map(({ seen }) => seen),
        new Set(items.map(({ image }) => image)),
      ),
      truncated: false,
      failures: failed > 0 ? [group] : [],
      tagFailures: [],
      stillOutdated: 0,
      ...more,
    },
  };
}

export function failedToList(reason: Reason = "DaemonError", retryAt?: number): UpdateOutcome {
  const failure = { reason, message: "The daemon is busy", ...(retryAt === undefined ? {} : { retryAt }) };
  return { kind: "failed", failure };
}

export function conclusionOf(outcome: UpdateOutcome, options: HostParts & { failures?: number } = {}) {
  const { failures = 0, spec = { updateCheck: { interval: "10h" } }, ...parts } = options;
  const host = dockerHost({ spec, ...parts });
  const schedule = checkSchedule(parsedSpec(spec), host);
  if (!schedule.ok) throw new Error(schedule.failure.message);
  return concludeCheck({ host, schedule: schedule.value, outcome, failures, now: NOW });
}

export const wait = ({ requeue }: ReturnType<typeof conclusionOf>) =>
  requeue.kind === "after" ? requeue.ms : Number.NaN;
