import type { ArgoHealth } from "./argo-health.ts";
import { condition } from "./docker-host.ts";
import type { Kstatus } from "./kstatus.ts";
import type { Situated, SituatedCondition } from "./situated.ts";

interface Parts {
  readonly generation?: number;
  readonly observed?: number;
  readonly suspend?: boolean;
  readonly deleting?: boolean;
}

/** A DockerHost with these conditions. */
export function situated(conditions: readonly SituatedCondition[], parts: Parts = {}): Situated {
  const { generation = 1, observed = generation, suspend = false, deleting = false } = parts;
  return {
    metadata: {
      name: "edge-7",
      uid: "1",
      generation,
      ...(deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: { suspend },
    status: {
      observedGeneration: observed,
      conditions: conditions.map((each) => ({ ...each, message: `About ${each.type}` })),
    },
  };
}

const c = condition;
export const well = [
  c("Ready", "True", "Succeeded"),
  c("CredentialsValid", "True", "CredentialsLoaded"),
  c("Connected", "True", "ConnectionEstablished"),
];
export const down = (reason = "ConnectionRefused") => [
  c("Ready", "False", reason),
  c("Reconciling", "True", "ProgressingWithRetry"),
  c("CredentialsValid", "True", "CredentialsLoaded"),
  c("Connected", "False", reason),
];
export const missing = (reason: string) => [
  c("Ready", "False", reason),
  c("Reconciling", "True", "ProgressingWithRetry"),
  c("CredentialsValid", "False", reason),
  c("Connected", "Unknown", "NotAttempted"),
];
export const wrong = (reason: string, credentials = c("CredentialsValid", "False", reason)) => [
  c("Ready", "False", reason),
  c("Stalled", "True", reason),
  credentials,
  c("Connected", "Unknown", "NotAttempted"),
];
export const working = [
  c("Ready", "Unknown", "Progressing", { observedGeneration: 2 }),
  c("Reconciling", "True", "Progressing", { observedGeneration: 2 }),
  ...well.slice(1),
];
export const suspended = (["Ready", "CredentialsValid", "Connected"] as const).map((type) =>
  c(type, "Unknown", "Suspended"),
);
/** As a host that was down when it was suspended. */
const downAtRest = down().filter(({ type }) => type !== "Reconciling");
const notAttempted = c("CredentialsValid", "Unknown", "NotAttempted");

/** What `kubectl wait --for=condition=` is asked for: a type that is to be True, or the status that it is to have. */
export const WAITS = ["Ready", "Ready=False", "Reconciling", "Stalled", "Connected"] as const;
export type Wait = (typeof WAITS)[number];

export interface Situation {
  readonly name: string;
  readonly host: Situated;
  readonly kstatus: Kstatus;
  readonly argo: ArgoHealth;
  /** Those that are met; the others are waited for. */
  readonly waits: readonly Wait[];
}

const example = (
  name: string,
  host: Situated,
  shown: readonly [Kstatus, ArgoHealth],
  waits: readonly Wait[],
): Situation => ({ name, host, kstatus: shown[0], argo: shown[1], waits });

const HEALTHY = ["Current", "Healthy"] as const;
const PROGRESSING = ["InProgress", "Progressing"] as const;
const RETRIED = ["InProgress", "Degraded"] as const;
const STALLED = ["Failed", "Degraded"] as const;

/** An example or more of each row of the table of conditions, and what the tools are to show for it. */
export const SITUATIONS: readonly Situation[] = [
  example("created, untouched", situated([], { observed: -1 }), PROGRESSING, []),
  example("a new generation is worked on", situated(working, { generation: 2, observed: 1 }), PROGRESSING, [
    "Reconciling",
  ]),
  example("all well", situated(well), HEALTHY, ["Ready", "Connected"]),
  example(
    "all well, with updates",
    situated([
      ...well,
      c("UpdateCheckSucceeded", "True", "CheckSucceeded"),
      c("UpdatesAvailable", "True", "UpdatesFound"),
    ]),
    HEALTHY,
    ["Ready", "Connected"],
  ),
  example("host down", situated(down()), RETRIED, ["Ready=False", "Reconciling"]),
  example("timeout", situated(down("ConnectionTimedOut")), RETRIED, ["Ready=False", "Reconciling"]),
  example("untrusted", situated(down("ServerCertificateUntrusted")), RETRIED, ["Ready=False", "Reconciling"]),
  example("wrong name", situated(down("ServerNameMismatch")), RETRIED, ["Ready=False", "Reconciling"]),
  example("Secret missing", situated(missing("SecretNotFound")), PROGRESSING, ["Ready=False", "Reconciling"]),
  example("key missing", situated(missing("SecretKeyMissing")), PROGRESSING, ["Ready=False", "Reconciling"]),
  example("bad PEM", situated(wrong("ClientKeyInvalid")), STALLED, ["Ready=False", "Stalled"]),
  example("key mismatch", situated(wrong("ClientKeyMismatch")), STALLED, ["Ready=False", "Stalled"]),
  example("invalid endpoint", situated(wrong("InvalidEndpoint", notAttempted)), STALLED, ["Ready=False", "Stalled"]),
  example("suspended, was well", situated(well, { suspend: true }), ["Current", "Suspended"], ["Ready", "Connected"]),
  example("suspended, was down", situated(downAtRest, { suspend: true }), ["InProgress", "Suspended"], ["Ready=False"]),
  example("suspended, not known", situated(suspended, { suspend: true }), ["InProgress", "Suspended"], []),
  example("well, and of an older generation", situated(well, { generation: 2, observed: 1 }), PROGRESSING, []),
  example(
    "wrong, and of an older generation",
    situated(wrong("ClientKeyInvalid"), { generation: 2, observed: 1 }),
    PROGRESSING,
    [],
  ),
  // The API server counts the deletion as a generation.
  example(
    "deleting",
    situated(well, { generation: 2, observed: 1, deleting: true }),
    ["Terminating", "Progressing"],
    [],
  ),
];
