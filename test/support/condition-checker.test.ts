import { describe, expect, it } from "vitest";
import { argoHealth } from "./argo-health.ts";
import { statusProblems, transitionProblems } from "./condition-checker.ts";
import { rowOf } from "./condition-rows.ts";
import { condition as c } from "./docker-host.ts";
import { kstatus } from "./kstatus.ts";
import type { SituatedCondition } from "./situated.ts";
import { down, missing, SITUATIONS, situated, suspended, well, working, wrong } from "./situations.ts";

describe("the table of conditions", () => {
  it.each(SITUATIONS)("is kept by: $name", ({ host, ...shown }) => {
    expect(statusProblems(host)).toEqual([]);
    expect({ kstatus: kstatus(host), argo: argoHealth(host) }).toMatchObject({
      kstatus: shown.kstatus,
      argo: shown.argo,
    });
  });

  it("knows a row for each of its lines", () => {
    expect(rowOf(situated(missing("SecretNotFound")))?.name).toBe("Secret or key missing");
    expect(rowOf(situated(wrong("InvalidPEM")))?.name).toBe("bad PEM, key mismatch, invalid endpoint");
    expect(rowOf(situated(down()))?.name).toBe("host down, timeout, untrusted, wrong name");
  });
});

describe("the checker refuses", () => {
  const without = (conditions: readonly SituatedCondition[], type: string) =>
    conditions.filter((each) => each.type !== type);
  it.each([
    ["a status without Ready", situated(without(well, "Ready"))],
    ["a type that stands there twice", situated([...well, c("Connected", "True", "ConnectionEstablished")])],
    ["Reconciling and Stalled at once", situated([...down(), c("Stalled", "True", "InvalidPEM")])],
    ["Reconciling that is False", situated([...well, c("Reconciling", "False", "Succeeded")])],
    ["Ready that is Reconciling", situated([...well, c("Reconciling", "True", "ProgressingWithRetry")])],
    [
      "Ready without a connection",
      situated([...without(well, "Connected"), c("Connected", "False", "ConnectionRefused")]),
    ],
    ["a host that is down, at rest", situated(without(down(), "Reconciling"))],
    [
      "a host that is down, and Stalled",
      situated([...without(down(), "Reconciling"), c("Stalled", "True", "ConnectionRefused")]),
    ],
    ["a missing Secret that is Stalled", situated(wrong("SecretNotFound"))],
    ["a bad PEM that is retried", situated(missing("InvalidPEM"))],
    [
      "two words for one cause",
      situated([...without(down(), "Connected"), c("Connected", "False", "ConnectionTimedOut")]),
    ],
    ["work on a generation that was answered", situated(working, { generation: 2, observed: 2 })],
    ["work that is not Reconciling", situated(without(working, "Reconciling"), { generation: 2, observed: 1 })],
    ["Suspended that is not suspended", situated(suspended)],
    ["suspended, and Reconciling", situated(down(), { suspend: true })],
    ["an observedGeneration ahead of the generation", situated(well, { observed: 2 })],
    [
      "a condition ahead of the generation",
      situated([
        ...without(well, "Connected"),
        c("Connected", "True", "ConnectionEstablished", { observedGeneration: 2 }),
      ]),
    ],
    [
      "an answer of two generations",
      situated([...well.slice(0, 2).map((each) => ({ ...each, observedGeneration: 2 })), ...well.slice(2)], {
        generation: 2,
      }),
    ],
    [
      "no updates where the check failed",
      situated([
        ...well,
        c("UpdateCheckSucceeded", "False", "PartiallyFailed"),
        c("UpdatesAvailable", "False", "UpToDate"),
      ]),
    ],
    ["one condition of the check alone", situated([...well, c("UpdatesAvailable", "True", "UpdatesFound")])],
    [
      "a reason that is no word",
      situated([...without(well, "CredentialsValid"), c("CredentialsValid", "True", "it works")]),
    ],
    [
      "a date that is none",
      situated([
        ...without(well, "Connected"),
        c("Connected", "True", "ConnectionEstablished", { lastTransitionTime: "now" }),
      ]),
    ],
  ])("%s", (_name, situated) => {
    expect(statusProblems(situated)).not.toEqual([]);
  });

  it("a message that is not a sentence", () => {
    const status = { observedGeneration: 1, conditions: well.map((each) => ({ ...each, message: "dial tcp" })) };
    expect(statusProblems({ ...situated([]), status })).not.toEqual([]);
  });

  it.each([down(), missing("SecretNotFound"), wrong("ClientKeyMismatch")])(
    "a cause that is written twice: %o",
    (...conditions) => {
      const status = {
        observedGeneration: 1,
        conditions: conditions.map((each) => ({ ...each, message: "The cause" })),
      };
      expect(statusProblems({ ...situated([]), status })).not.toEqual([]);
    },
  );

  it("a transition time that moves without a change, does not move or goes back, and a generation that is forgotten", () => {
    const later = { lastTransitionTime: "2026-06-01T00:00:00Z" };
    const moved = (overrides: object) => situated(well.map((each) => ({ ...each, ...overrides })));
    expect(transitionProblems(situated(well), situated(well))).toEqual([]);
    expect(transitionProblems(situated(down()), moved(later))).not.toEqual([]);
    expect(transitionProblems(situated(well), moved(later))).toHaveLength(3);
    expect(transitionProblems(moved({ ...later, status: "False" }), situated(well))).toHaveLength(3);
    expect(transitionProblems(situated(well), situated(well, { generation: 2, observed: -1 }))).not.toEqual([]);
  });
});

it("what another writer adds is that writer's own", () => {
  const foreign = { ...c("Ready", "True", "x"), type: "example.com/Audited", observedGeneration: 99 };
  expect(statusProblems(situated([...well, foreign]))).toEqual([]);
});
