import { boundedWarnings } from "../../api/bounded-warnings.ts";
import { type ConditionContent, findCondition, keptContent, placeConditions } from "../../api/conditions.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";
import type { Failure } from "../../api/failure.ts";
import { reasonEntry } from "../../api/reasons.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import { type CertificatesStatus, type DockerHostStatus, type EngineStatus, MAX_WARNINGS } from "../../api/status.ts";
import { toTimestamp } from "../../common/clock.ts";
import { formatDuration } from "../../common/duration.ts";
import type { BackoffRange } from "../../runtime/backoff.ts";
import type { Requeue } from "../../runtime/requeue.ts";
import { isDuplicateWarning } from "../duplicates.ts";
import { connectionInterval, DEFAULT_INTERVAL_MS } from "../intervals.ts";
import type { HostEvent } from "../ports.ts";
import { handledRequests } from "../requested-runs.ts";
import { expiryContent, nextExpiry } from "./certificate-life.ts";
import { connectionContents, invalidSpecContents } from "./connection-conditions.ts";
import type { ConnectionDraft, ConnectionOutcome } from "./connection-draft.ts";
import { connectionEvents } from "./connection-events.ts";
import { credentialsAfter, withRotation } from "./tried-credentials.ts";

/**
 * The result of a pass: the part of the status that the connection owns, what is announced, and when to check again.
 */
export interface ConnectionConclusion {
  readonly status: DockerHostStatus;
  readonly events: readonly HostEvent[];
  readonly requeue: Requeue;
}

interface PassContext {
  readonly host: DockerHostObject;
  /** The status as it was before the pass, without the mark that a new generation is being processed. */
  readonly before: DockerHostStatus;
  /** The status as it is stored now, from which conditions count their transitions. */
  readonly stored: DockerHostStatus;
  /** In wall-clock milliseconds. */
  readonly now: number;
  /** What to say about other hosts that reach the same daemon; default nothing. */
  readonly duplicates?: (engine: EngineStatus | undefined) => string | undefined;
}

/** The longest time between two attempts to reach a host that cannot be reached; never longer than its interval. */
export const DEFAULT_RETRY_DELAY: BackoffRange = { minMs: 1_000, maxMs: 5 * 60_000 };

/** Pure, and complete: every outcome of a pass has its conditions, events and requeue. */
export function concludeConnection(
  context: PassContext & {
    readonly spec: DockerHostSpec;
    readonly draft: ConnectionDraft;
    readonly outcome: ConnectionOutcome;
    readonly retryDelay?: BackoffRange | undefined;
  },
): ConnectionConclusion {
  const { spec, draft, outcome, before, now } = context;
  // While the same endpoint cannot be reached, the last facts stay; for another endpoint they would be wrong.
  const seen = outcome.kind === "failed" && before.endpoint === draft.endpoint ? before : {};
  const { nextExpiry: _, ...seenCertificates } = seen.certificates ?? {};
  // The CA that verified an earlier certificate says nothing about the certificate that the server shows now.
  if (draft.certificates.server !== undefined) delete seenCertificates.ca;
  const known = { ...seenCertificates, ...draft.certificates };
  const certificates: CertificatesStatus = { ...nextExpiry(known), ...known };
  const engine = draft.engine ?? seen.engine;
  const capabilities = draft.capabilities ?? seen.capabilities;
  const tlsMode = draft.tlsMode ?? seen.tlsMode;
  const credentials = credentialsAfter({
    before: before.endpoint === draft.endpoint ? before.credentials : undefined,
    secret: draft.credentialsSecret,
    fingerprint: draft.credentialsFingerprint,
    accepted: outcome.kind === "connected",
    now: toTimestamp(now),
  });
  const found = connectionContents(draft, outcome, nextAttempt(spec, outcome, context.retryDelay));
  const isRefused = outcome.kind === "failed" && outcome.step !== "resolveEndpoint";
  const contents = [
    ...(isRefused ? found.map((each) => (each.type === "Ready" ? withRotation(each, credentials) : each)) : found),
    expiryContent(known, tlsMode, now),
  ];
  const warnings = boundedWarnings(draft.warnings, MAX_WARNINGS, duplicateWarnings(context, engine));
  const description: DockerHostStatus = {
    ...(draft.endpoint === undefined ? {} : { endpoint: draft.endpoint }),
    ...(tlsMode === undefined ? {} : { tlsMode }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(engine === undefined ? {} : { engine }),
    ...(Object.keys(certificates).length === 0 ? {} : { certificates }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(capabilities === undefined ? {} : { capabilities }),
  };
  return conclude(context, contents, description, requeueAfter(spec, outcome, contents, context.retryDelay));
}

/** For an object whose spec does not match the schema: only its owner can fix it, so nothing is tried. */
export function concludeInvalidSpec(context: PassContext & { readonly failure: Failure }): ConnectionConclusion {
  const contents = [...invalidSpecContents(context.failure), expiryContent({}, undefined, context.now)];
  return conclude(context, contents, {}, { kind: "after", ms: DEFAULT_INTERVAL_MS, terminal: true });
}

/**
 * For a suspended host. If only `suspend` changed, the known state stays; if the spec changed as well, the state is
 * Unknown. Nothing is tried, so nothing is Reconciling.
 */
export function concludeSuspended(
  context: PassContext & { readonly onlySuspendChanged: boolean },
): ConnectionConclusion {
  const { before, onlySuspendChanged } = context;
  // A host that was suspended during its first pass over a generation has no known state.
  const known = onlySuspendChanged && findCondition(before.conditions, "Ready")?.reason !== "Progressing";
  const kept = known ? (before.conditions ?? []).filter(isKeptWhileSuspended) : [];
  const suspended = { status: "Unknown", reason: "Suspended", message: "Suspended by spec.suspend" } as const;
  const contents: ConditionContent[] =
    kept.length > 0
      ? kept.map(keptContent)
      : (["Ready", "CredentialsValid", "Connected"] as const).map((type) => ({ type, ...suspended }));
  const { endpoint, tlsMode, engine, certificates, credentials, capabilities } = before;
  // A duplicate may appear or disappear in the meantime.
  const others = (before.warnings ?? []).filter((each) => !isDuplicateWarning(each));
  const remaining = boundedWarnings(others, MAX_WARNINGS, duplicateWarnings(context, engine));
  const warnings = remaining.length === 0 ? undefined : remaining;
  const description = onlySuspendChanged
    ? Object.fromEntries(
        Object.entries({ endpoint, tlsMode, warnings, engine, certificates, credentials, capabilities }).filter(
          ([, value]) => value !== undefined,
        ),
      )
    : {};
  return { ...conclude(context, contents, description, { kind: "done" }), events: [] };
}

/** Written while the first pass over a new generation continues, so that nobody mistakes the old state for the new one. */
export function progressing(host: DockerHostObject, before: DockerHostStatus, now: number): DockerHostStatus {
  const words = { reason: "Progressing", message: "A new generation is being processed" } as const;
  const fresh: ConditionContent[] = [
    { type: "Ready", status: "Unknown", ...words },
    { type: "Reconciling", status: "True", ...words },
  ];
  const kept = (before.conditions ?? []).filter(
    ({ type }) => type === "CredentialsValid" || type === "Connected" || type === "CertificateExpiring",
  );
  const { conditions: _, updates: __, updateChanges: ___, notified: ____, ...owned } = before;
  return {
    ...owned,
    conditions: [
      ...placeConditions(fresh, before.conditions ?? [], host.metadata.generation, toTimestamp(now)),
      ...kept,
    ],
  };
}

function duplicateWarnings({ duplicates }: PassContext, engine: EngineStatus | undefined): string[] {
  const warning = duplicates?.(engine);
  return warning === undefined ? [] : [warning];
}

function isKeptWhileSuspended({ type }: { readonly type: string }): boolean {
  return type === "Ready" || type === "CredentialsValid" || type === "Connected" || type === "CertificateExpiring";
}

function conclude(
  { host, before, stored, now }: PassContext,
  contents: readonly ConditionContent[],
  description: DockerHostStatus,
  requeue: Requeue,
): ConnectionConclusion {
  const { generation } = host.metadata;
  const status: DockerHostStatus = {
    observedGeneration: generation,
    conditions: placeConditions(contents, stored.conditions ?? [], generation, toTimestamp(now)),
    ...description,
    ...handledRequests(host),
  };
  return { status, events: connectionEvents(before, contents, description, now), requeue };
}

function backsOff(outcome: ConnectionOutcome): boolean {
  return outcome.kind === "failed" && reasonEntry(outcome.failure.reason).retry === "backoff";
}

/** The text describes the rule and not a time, because a time would have to be written after every attempt. */
function nextAttempt(
  spec: DockerHostSpec,
  outcome: ConnectionOutcome,
  { maxMs }: BackoffRange = DEFAULT_RETRY_DELAY,
): string {
  const interval = connectionInterval(spec);
  const when = backsOff(outcome)
    ? `soon, then with increasing delay up to ${formatDuration(Math.min(maxMs, interval))}`
    : `about every ${formatDuration(interval)}`;
  return `Tries again ${when}, and immediately after a change`;
}

function requeueAfter(
  spec: DockerHostSpec,
  outcome: ConnectionOutcome,
  contents: readonly ConditionContent[],
  { minMs, maxMs }: BackoffRange = DEFAULT_RETRY_DELAY,
): Requeue {
  const interval = connectionInterval(spec);
  if (backsOff(outcome)) return { kind: "backoff", minMs, maxMs: Math.min(maxMs, interval) };
  const terminal = contents.some(({ type }) => type === "Stalled");
  return { kind: "after", ms: interval, ...(terminal && { terminal }) };
}
