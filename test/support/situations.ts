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
    status: { observedGeneration: observed, conditions: conditions.map((each) => ({ ...each, message: "A message" })) },
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
const notAttempted = c("CredentialsValid", "Unknown", "NotAttempted");

export interface Situation {
  readonly name: string;
  readonly host: Situated;
  readonly kstatus: Kstatus;
  readonly argo: ArgoHealth;
}

/** An example or more of each row of the table of conditions, and what the tools are to show for it. */
export const SITUATIONS: readonly Situation[] = (
  [
    ["created, untouched", situated([], { observed: -1 }), "InProgress", "Progressing"],
    ["a new generation is worked on", situated(working, { generation: 2, observed: 1 }), "InProgress", "Progressing"],
    ["all well", situated(well), "Current", "Healthy"],
    [
      "all well, with updates",
      situated([
        ...well,
        c("UpdateCheckSucceeded", "True", "CheckSucceeded"),
        c("UpdatesAvailable", "True", "UpdatesFound"),
      ]),
      "Current",
      "Healthy",
    ],
    ["host down", situated(down()), "InProgress", "Degraded"],
    ["timeout", situated(down("ConnectionTimedOut")), "InProgress", "Degraded"],
    ["wrong name", situated(down("ServerNameMismatch")), "InProgress", "Degraded"],
    ["Secret missing", situated(missing("SecretNotFound")), "InProgress", "Progressing"],
    ["key missing", situated(missing("SecretKeyMissing")), "InProgress", "Progressing"],
    ["bad PEM", situated(wrong("InvalidPEM")), "Failed", "Degraded"],
    ["invalid endpoint", situated(wrong("InvalidEndpoint", notAttempted)), "Failed", "Degraded"],
    ["suspended, was well", situated(well, { suspend: true }), "Current", "Suspended"],
    ["suspended, not known", situated(suspended, { suspend: true }), "InProgress", "Suspended"],
    [
      "the host of an answer has a newer generation",
      situated(well, { generation: 2, observed: 1 }),
      "InProgress",
      "Progressing",
    ],
    ["deleting", situated(well, { deleting: true }), "Terminating", "Progressing"],
  ] as const
).map(([name, host, kstatus, argo]) => ({ name, host, kstatus, argo }));
