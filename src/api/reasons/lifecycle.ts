import type { ReasonEntry } from "./entry.ts";

/** Reasons of the object's own life, not of an attempt on the wire. */
export const lifecycleReasons = {
  Succeeded: {
    condition: "Ready",
    outcome: "ok",
    retry: "interval",
    meaning: "The credentials are valid and the daemon is connected.",
    cause: "All is well.",
    fix: "Nothing to do.",
  },
  Progressing: {
    condition: "Reconciling",
    outcome: "waiting",
    retry: "none",
    meaning: "A new generation or a request is being worked on.",
    cause: "The spec changed, or a reconcile was requested by annotation.",
    fix: "Wait: the attempt ends within spec.timeout.",
  },
  ProgressingWithRetry: {
    condition: "Reconciling",
    outcome: "waiting",
    retry: "none",
    meaning: "The last attempt failed and is tried again.",
    cause: "See the reason and message of Ready.",
    fix: "See the reason and message of Ready.",
  },
  Suspended: {
    condition: "Ready",
    outcome: "ok",
    retry: "none",
    meaning: "The host is not reconciled, as spec.suspend says.",
    cause: "spec.suspend is true.",
    fix: "Set spec.suspend to false to go on.",
  },
  NotAttempted: {
    condition: "Connected",
    outcome: "ok",
    retry: "none",
    meaning: "This step was not reached.",
    cause: "An earlier step failed, or the host is not connected yet.",
    fix: "See the reason and message of Ready.",
  },
  InvalidSpec: {
    condition: "Ready",
    outcome: "stalled",
    retry: "interval",
    meaning: "The object does not fit the schema that this version knows.",
    cause:
      "The object was stored under another version of the CustomResourceDefinition, or its manifest has a mistake.",
    fix: "Correct the field that the message names, or install the CustomResourceDefinition of this version.",
  },
  EndpointWarning: {
    condition: "Ready",
    outcome: "ok",
    retry: "none",
    meaning: "A setting of the connection is unsafe or without effect; see status.warnings.",
    cause: "Scheme and TLS settings contradict each other, or the server is not verified.",
    fix: "Follow the text of the warning.",
  },
  CertificateExpiresSoon: {
    condition: "CertificateExpiring",
    outcome: "ok",
    retry: "none",
    meaning: "A certificate of the connection ends soon.",
    cause: "It was not renewed when a healthy renewal would have done so.",
    fix: "Renew the certificate that the message names; after a server's, restart dockerd.",
  },
  CertificatesCurrent: {
    condition: "CertificateExpiring",
    outcome: "ok",
    retry: "none",
    meaning: "No certificate of the connection ends soon.",
    cause: "All is well.",
    fix: "Nothing to do.",
  },
} as const satisfies Record<string, ReasonEntry>;
