import type { ConditionContent } from "../../api/conditions.ts";
import type { Failure } from "../../api/failure.ts";
import { reasonEntry } from "../../api/reasons.ts";
import { UNCHECKED_HOST_KEY } from "../../docker/warnings.ts";
import type { ConnectionDraft, ConnectionOutcome } from "./connection-draft.ts";

/**
 * Returns the conditions for an outcome, without CertificateExpiring. Reconciling and Stalled are included only if they
 * are True. Ready has the cause; Reconciling announces the next attempt and does not repeat the cause.
 * @param nextAttempt when a failed attempt is repeated, as a sentence
 */
export function connectionContents(
  draft: ConnectionDraft,
  outcome: ConnectionOutcome,
  nextAttempt: string,
): ConditionContent[] {
  if (outcome.kind === "connected") {
    const message = summary(draft);
    return [
      { type: "Ready", status: "True", reason: "Succeeded", message },
      credentials(draft),
      { type: "Connected", status: "True", reason: "ConnectionEstablished", message },
    ];
  }
  const { step, failure } = outcome;
  const ready = notReady(failure);
  switch (step) {
    case "resolveEndpoint":
      return [ready, stalled(failure), notAttempted("CredentialsValid"), notAttempted("Connected")];
    case "resolveCredentials":
      return [
        ready,
        reasonEntry(failure.reason).outcome === "stalled" ? stalled(failure) : reconciling(nextAttempt),
        { type: "CredentialsValid", status: "False", reason: failure.reason, message: "Not usable; Ready says why" },
        notAttempted("Connected"),
      ];
    // Problems that only the network shows may disappear without a change, whatever their reason.
    case "connect":
    case "describe":
      return [
        ready,
        reconciling(nextAttempt),
        credentials(draft),
        { type: "Connected", status: "False", reason: failure.reason, message: "Not connected; Ready says why" },
      ];
  }
}

/** For an object whose spec this version cannot read. */
export function invalidSpecContents(failure: Failure): ConditionContent[] {
  return [notReady(failure), stalled(failure), notAttempted("CredentialsValid"), notAttempted("Connected")];
}

function notReady({ reason, message }: Failure): ConditionContent {
  return { type: "Ready", status: "False", reason, message };
}

function stalled({ reason }: Failure): ConditionContent {
  const sentence = reasonEntry(reason).meaning.replace(/\.$/, "");
  return { type: "Stalled", status: "True", reason, message: `${sentence}; Ready says what to do` };
}

function reconciling(message: string): ConditionContent {
  return { type: "Reconciling", status: "True", reason: "ProgressingWithRetry", message };
}

function notAttempted(type: "CredentialsValid" | "Connected"): ConditionContent {
  return { type, status: "Unknown", reason: "NotAttempted", message: "An earlier step failed" };
}

function credentials(draft: ConnectionDraft): ConditionContent {
  return draft.credentialsRead
    ? {
        type: "CredentialsValid",
        status: "True",
        reason: "CredentialsLoaded",
        message: "The credentials are valid",
      }
    : {
        type: "CredentialsValid",
        status: "True",
        reason: "NotApplicable",
        message: "No credentials are used for this endpoint",
      };
}

function summary(draft: ConnectionDraft): string {
  const protection = {
    None: withoutTls(draft),
    Unverified: "over TLS without verification",
    ServerVerified: "over verified TLS",
    Mutual: "over mutual TLS",
  }[draft.tlsMode ?? "None"];
  const { name = "Docker", version = "of unknown version", apiVersion = "unknown" } = draft.engine ?? {};
  const notice = draft.denialNotice === undefined ? "" : `; ${draft.denialNotice}`;
  return `Connected to ${name} ${version} (API ${apiVersion}) ${protection}${notice}`;
}

function withoutTls({ endpoint, warnings }: ConnectionDraft): string {
  if (endpoint?.startsWith("unix:") === true) return "over the local socket";
  if (endpoint?.startsWith("ssh:") !== true) return "in plaintext";
  return warnings.includes(UNCHECKED_HOST_KEY) ? "over SSH without a check of the host's key" : "over SSH";
}
