import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { CapabilitiesStatus, DockerHostStatus, UpdateItemStatus, UpdatesStatus } from "../api/status.ts";
import { daysLeft } from "../common/days-left.ts";
import { age } from "./age.ts";
import { failedCheck, hasCurrentAnswer, isSuspended } from "./host-state.ts";
import { shortDigest } from "./short-digest.ts";

export interface PageOptions {
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Shows whole digests and fingerprints, and also the containers that need no attention. */
  readonly wide: boolean;
}

type Fact = readonly [name: string, value: string];

export interface PageTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A part of the page about a host. One without facts and table is left out. */
export interface PageSection {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly table?: PageTable | undefined;
  /** A warning below the table. */
  readonly note?: string;
}

/** Everything known about a host, in addition to its conditions: connection, certificates, credentials and updates. */
export function hostPage(host: DockerHostObject, options: PageOptions): readonly PageSection[] {
  const { status = {} } = host;
  const sections: readonly PageSection[] = [
    { title: "Host", facts: hostFacts(host, options.now) },
    { title: "Certificates", facts: [], table: certificateTable(status, options) },
    { title: "Credentials", facts: [], table: credentialTable(status, options) },
    updateSection(host, options),
  ];
  return sections.filter(({ facts, table }) => facts.length > 0 || table !== undefined);
}

function known(facts: readonly (readonly [name: string, value: string | undefined])[]): readonly Fact[] {
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function hostFacts({ metadata, spec, status = {} }: DockerHostObject, now: number): readonly Fact[] {
  const { engine, endpoint, tlsMode, capabilities } = status;
  const { host } = (spec ?? {}) as { host?: string };
  const api = engine?.apiVersion === undefined ? "" : ` (API ${engine.apiVersion})`;
  const ready = findCondition(status.conditions, "Ready");
  const resume = `kubectl dockerhost resume ${metadata.name} -n ${metadata.namespace}`;
  return known([
    ["Address", host],
    ["Endpoint", endpoint === host ? undefined : endpoint],
    ["TLS", tlsMode],
    ["Engine", engine && `${engine.name ?? "Docker"} ${engine.version ?? "of unknown version"}${api}`],
    ["Machine", engine?.hostname],
    ["Platform", [engine?.os, engine?.arch].filter(Boolean).join("/") || undefined],
    ["Image store", engine?.imageStore],
    ["Denied", deniedOf(capabilities)],
    ["Suspended", isSuspended({ spec }) ? `yes, by spec.suspend; to resume it, run: ${resume}` : undefined],
    ["Next attempt", nextAttempt({ spec, status })],
    [
      "Ready since",
      ready?.status === "True" && !isSuspended({ spec })
        ? `${age(now - Date.parse(ready.lastTransitionTime))} ago`
        : undefined,
    ],
    ["Generation", generationNote(metadata.generation, status.observedGeneration)],
  ]);
}

/** When the controller connects to the host again, whatever its state. A first pass that is due has no rule yet. */
function nextAttempt({ spec, status = {} }: Pick<DockerHostObject, "spec" | "status">): string | undefined {
  if (isSuspended({ spec })) return "none while it is suspended";
  const { conditions } = status;
  const reconciling = findCondition(conditions, "Reconciling");
  if (reconciling?.reason === "ProgressingWithRetry") return reconciling.message;
  if (reconciling !== undefined) return "now";
  if (findCondition(conditions, "Ready") === undefined) return undefined;
  const { interval = "5m" } = (spec ?? {}) as { interval?: string };
  return `about every ${interval}, and immediately after a change`;
}

function deniedOf(capabilities: CapabilitiesStatus | undefined): string | undefined {
  const denied = Object.entries(capabilities ?? {}).flatMap(([name, allowed]) => (allowed ? [] : [name]));
  return denied.length === 0 ? undefined : denied.join(", ");
}

/** Shown only if the controller has not processed the newest spec, so that the page describes an older one. */
function generationNote(generation: number, observed = -1): string | undefined {
  return observed === generation ? undefined : `${generation}, which the controller has not processed yet`;
}

function certificateTable({ certificates = {} }: DockerHostStatus, { now, wide }: PageOptions): PageTable | undefined {
  const rows = (["server", "client", "ca"] as const).flatMap((role) => {
    const certificate = certificates[role];
    if (certificate === undefined) return [];
    const { subject, issuer, notAfter, fingerprint } = certificate;
    return [
      [role, subject, issuer, `${notAfter} (${daysLeft(notAfter, now)})`, wide ? fingerprint : shortHex(fingerprint)],
    ];
  });
  return rows.length === 0 ? undefined : { header: ["ROLE", "SUBJECT", "ISSUER", "EXPIRES", "SHA-256"], rows };
}

function credentialTable({ credentials = {} }: DockerHostStatus, { now, wide }: PageOptions): PageTable | undefined {
  const rows = (["tried", "good"] as const).flatMap((which) => {
    const known = credentials[which];
    if (known === undefined) return [];
    const { secret, fingerprint, since } = known;
    return [[which, secret, `${age(now - Date.parse(since))} ago`, wide ? fingerprint : shortHex(fingerprint)]];
  });
  return rows.length === 0 ? undefined : { header: ["", "SECRET", "SINCE", "SHA-256"], rows };
}

function updateSection(host: DockerHostObject, { now, wide }: PageOptions): PageSection {
  const updates = host.status?.updates;
  if (updates === undefined) return { title: "Updates", facts: [] };
  const succeeded = findCondition(host.status?.conditions, "UpdateCheckSucceeded");
  const stops = isSuspended(host) || succeeded?.reason === "Suspended";
  // The result of an earlier check is shown with its age, and never as the result of a check that failed.
  const isEarlier = failedCheck(host) !== undefined && !hasCurrentAnswer(host);
  const { lastCheckTime, nextCheckTime, items = [], truncated } = updates;
  const next = nextCheckTime === undefined ? undefined : Date.parse(nextCheckTime) - now;
  const isNotable = ({ verdict, newerTag }: UpdateItemStatus) =>
    (verdict !== "UpToDate" && verdict !== "Excluded") || newerTag !== undefined;
  const shown = wide ? items : items.filter(isNotable);
  const table = {
    header: ["CONTAINER", "IMAGE", "VERDICT", "RUNNING", "AVAILABLE", "DETAIL"],
    rows: shown.map(({ container, image, verdict, running, available, newerTag, message, reason }) => [
      container,
      image,
      verdict,
      (wide ? running : shortDigest(running)) ?? "",
      (wide ? available : shortDigest(available)) ?? "",
      [...(newerTag === undefined ? [] : [`Newer tag: ${newerTag.tag} (${newerTag.change})`]), message ?? reason ?? ""]
        .filter(Boolean)
        .join(". "),
    ]),
  };
  return {
    title: "Updates",
    facts: known([
      ["Last check", lastCheckTime && `${age(now - Date.parse(lastCheckTime))} ago`],
      [
        "Last attempt",
        isEarlier ? `failed (${succeeded?.reason}); what follows is the answer of the last check` : undefined,
      ],
      [
        "Next check",
        stops ? "none while it is suspended" : next === undefined ? undefined : next <= 0 ? "now" : `in ${age(next)}`,
      ],
      ["Containers", countsOf(updates)],
    ]),
    ...(shown.length > 0 && { table }),
    ...(truncated === true && { note: `Only ${items.length} of ${updates.total} containers are listed.` }),
  };
}

const COUNTS = {
  upToDate: "up to date",
  outdated: "outdated",
  restartPending: "restart pending",
  pinned: "pinned",
  local: "local",
  tooYoung: "too young",
  excluded: "excluded",
  failed: "failed",
  newerTags: "with a newer tag",
} as const;

function countsOf(updates: UpdatesStatus): string | undefined {
  if (updates.total === undefined) return undefined;
  const parts = (Object.keys(COUNTS) as (keyof typeof COUNTS)[]).flatMap((name) =>
    (updates[name] ?? 0) > 0 ? [`${updates[name]} ${COUNTS[name]}`] : [],
  );
  return [`${updates.total} in all`, ...parts].join(", ");
}

function shortHex(fingerprint: string): string {
  return `${fingerprint.slice(0, 16)}...`;
}
