import { describe, expect, it } from "vitest";
import { argoHealth } from "./argo-health.ts";
import { statusProblems, transitionProblems } from "./condition-checker.ts";
import { rowOf } from "./condition-rows.ts";
import { condition } from "./docker-host.ts";
import { kstatus } from "./kstatus.ts";
import type { Situated, SituatedCondition } from "./situated.ts";

interface Parts {
  readonly generation?: number;
  readonly observed?: number;
  readonly suspend?: boolean;
  readonly deleting?: boolean;
}

function host(conditions: readonly SituatedCondition[], parts: Parts = {}): Situated {
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
const well = [
  c("Ready", "True", "Succeeded"),
  c("CredentialsValid", "True", "CredentialsLoaded"),
  c("Connected", "True", "ConnectionEstablished"),
];
const down = (reason = "ConnectionRefused") => [
  c("Ready", "False", reason),
  c("Reconciling", "True", "ProgressingWithRetry"),
  c("CredentialsValid", "True", "CredentialsLoaded"),
  c("Connected", "False", reason),
];
const missing = (reason: string) => [
  c("Ready", "False", reason),
  c("Reconciling", "True", "ProgressingWithRetry"),
  c("CredentialsValid", "False", reason),
  c("Connected", "Unknown", "NotAttempted"),
];
const wrong = (reason: string, credentials = c("CredentialsValid", "False", reason)) => [
  c("Ready", "False", reason),
  c("Stalled", "True", reason),
  credentials,
  c("Connected", "Unknown", "NotAttempted"),
];
const working = [
  c("Ready", "Unknown", "Progressing", { observedGeneration: 2 }),
  c("Reconciling", "True", "Progressing", { observedGeneration: 2 }),
  ...well.slice(1),
];
const unknown = (["Ready", "CredentialsValid", "Connected"] as const).map((type) => c(type, "Unknown", "Suspended"));
const notAttempted = c("CredentialsValid", "Unknown", "NotAttempted");

describe("the table of conditions", () => {
  it.each([
    ["created, untouched", host([], { observed: -1 }), "InProgress", "Progressing"],
    ["a new generation is worked on", host(working, { generation: 2, observed: 1 }), "InProgress", "Progressing"],
    ["all well", host(well), "Current", "Healthy"],
    [
      "all well, with updates",
      host([
        ...well,
        c("UpdateCheckSucceeded", "True", "CheckSucceeded"),
        c("UpdatesAvailable", "True", "UpdatesFound"),
      ]),
      "Current",
      "Healthy",
    ],
    ["host down", host(down()), "InProgress", "Degraded"],
    ["timeout", host(down("ConnectionTimedOut")), "InProgress", "Degraded"],
    ["wrong name", host(down("ServerNameMismatch")), "InProgress", "Degraded"],
    ["Secret missing", host(missing("SecretNotFound")), "InProgress", "Progressing"],
    ["key missing", host(missing("SecretKeyMissing")), "InProgress", "Progressing"],
    ["bad PEM", host(wrong("InvalidPEM")), "Failed", "Degraded"],
    ["invalid endpoint", host(wrong("InvalidEndpoint", notAttempted)), "Failed", "Degraded"],
    ["suspended, was well", host(well, { suspend: true }), "Current", "Suspended"],
    ["suspended, not known", host(unknown, { suspend: true }), "InProgress", "Suspended"],
    [
      "the host of an answer has a newer generation",
      host(well, { generation: 2, observed: 1 }),
      "InProgress",
      "Progressing",
    ],
    ["deleting", host(well, { deleting: true }), "Terminating", "Progressing"],
  ] as const)("is kept by: %s", (_name, situated, says, health) => {
    expect(statusProblems(situated)).toEqual([]);
    expect(kstatus(situated)).toBe(says);
    expect(argoHealth(situated)).toBe(health);
  });

  it("knows a row for each of its lines", () => {
    expect(rowOf(host(missing("SecretNotFound")))?.name).toBe("Secret or key missing");
    expect(rowOf(host(wrong("InvalidPEM")))?.name).toBe("bad PEM, key mismatch, invalid endpoint");
    expect(rowOf(host(down()))?.name).toBe("host down, timeout, untrusted, wrong name");
  });
});

describe("the checker refuses", () => {
  const without = (conditions: readonly SituatedCondition[], type: string) =>
    conditions.filter((each) => each.type !== type);
  it.each([
    ["a status without Ready", host(without(well, "Ready"))],
    ["a type that stands there twice", host([...well, c("Connected", "True", "ConnectionEstablished")])],
    ["Reconciling and Stalled at once", host([...down(), c("Stalled", "True", "InvalidPEM")])],
    ["Reconciling that is False", host([...well, c("Reconciling", "False", "Succeeded")])],
    ["Ready that is Reconciling", host([...well, c("Reconciling", "True", "ProgressingWithRetry")])],
    ["Ready without a connection", host([...without(well, "Connected"), c("Connected", "False", "ConnectionRefused")])],
    ["a host that is down, at rest", host(without(down(), "Reconciling"))],
    [
      "a host that is down, and Stalled",
      host([...without(down(), "Reconciling"), c("Stalled", "True", "ConnectionRefused")]),
    ],
    ["a missing Secret that is Stalled", host(wrong("SecretNotFound"))],
    ["a bad PEM that is retried", host(missing("InvalidPEM"))],
    ["two words for one cause", host([...without(down(), "Connected"), c("Connected", "False", "ConnectionTimedOut")])],
    ["work on a generation that was answered", host(working, { generation: 2, observed: 2 })],
    ["work that is not Reconciling", host(without(working, "Reconciling"), { generation: 2, observed: 1 })],
    ["Suspended that is not suspended", host(unknown)],
    ["suspended, and Reconciling", host(down(), { suspend: true })],
    ["an observedGeneration ahead of the generation", host(well, { observed: 2 })],
    [
      "a condition ahead of the generation",
      host([...without(well, "Connected"), c("Connected", "True", "ConnectionEstablished", { observedGeneration: 2 })]),
    ],
    [
      "an answer of two generations",
      host([...well.slice(0, 2).map((each) => ({ ...each, observedGeneration: 2 })), ...well.slice(2)], {
        generation: 2,
      }),
    ],
    [
      "no updates where the check failed",
      host([
        ...well,
        c("UpdateCheckSucceeded", "False", "PartiallyFailed"),
        c("UpdatesAvailable", "False", "UpToDate"),
      ]),
    ],
    ["one condition of the check alone", host([...well, c("UpdatesAvailable", "True", "UpdatesFound")])],
    [
      "a reason that is no word",
      host([...without(well, "CredentialsValid"), c("CredentialsValid", "True", "it works")]),
    ],
    [
      "a date that is none",
      host([
        ...without(well, "Connected"),
        c("Connected", "True", "ConnectionEstablished", { lastTransitionTime: "now" }),
      ]),
    ],
  ])("%s", (_name, situated) => {
    expect(statusProblems(situated)).not.toEqual([]);
  });

  it("a message that is no sentence", () => {
    const status = { observedGeneration: 1, conditions: well.map((each) => ({ ...each, message: "dial tcp" })) };
    expect(statusProblems({ ...host([]), status })).not.toEqual([]);
  });

  it("a transition time that moves alone, stands still or goes back, and a generation that is forgotten", () => {
    const later = { lastTransitionTime: "2026-06-01T00:00:00Z" };
    const moved = (overrides: object) => host(well.map((each) => ({ ...each, ...overrides })));
    expect(transitionProblems(host(well), host(well))).toEqual([]);
    expect(transitionProblems(host(down()), moved(later))).not.toEqual([]);
    expect(transitionProblems(host(well), moved(later))).toHaveLength(3);
    expect(transitionProblems(moved({ ...later, status: "False" }), host(well))).toHaveLength(3);
    expect(transitionProblems(host(well), host(well, { generation: 2, observed: -1 }))).not.toEqual([]);
  });
});

it("what another writer adds is that writer's own", () => {
  const foreign = { ...c("Ready", "True", "x"), type: "example.com/Audited", observedGeneration: 99 };
  expect(statusProblems(host([...well, foreign]))).toEqual([]);
});
