import { describe, expect, it } from "vitest";
import { type Condition, MAX_MESSAGE_LENGTH } from "./condition-schema.ts";
import { type ConditionContent, findCondition, placeConditions } from "./conditions.ts";

const EARLIER = "2026-01-01T00:00:00Z";
const NOW = "2026-01-02T00:00:00Z";

const ready: ConditionContent = { type: "Ready", status: "True", reason: "Succeeded", message: "Connected" };

function placed(overrides: Partial<Condition> = {}): Condition {
  return {
    type: "Ready",
    status: "True",
    reason: "Succeeded",
    message: "Connected",
    observedGeneration: 1,
    lastTransitionTime: EARLIER,
    ...overrides,
  };
}

describe("placeConditions", () => {
  it("sets the time of a new condition", () => {
    expect(placeConditions([ready], [], 3, NOW)).toEqual([placed({ observedGeneration: 3, lastTransitionTime: NOW })]);
  });

  it("keeps the time of the last transition while the status stays, also with another reason and message", () => {
    const before = placed({ status: "False", reason: "ConnectionRefused" });
    const after = placeConditions(
      [{ type: "Ready", status: "False", reason: "ConnectionTimedOut", message: "No answer" }],
      [before],
      2,
      NOW,
    );
    expect(after).toEqual([
      placed({ status: "False", reason: "ConnectionTimedOut", message: "No answer", observedGeneration: 2 }),
    ]);
  });

  it("moves the time of the last transition with the status", () => {
    expect(placeConditions([ready], [placed({ status: "Unknown" })], 1, NOW)[0]?.lastTransitionTime).toBe(NOW);
  });

  it("removes conditions without a content", () => {
    const before = [placed(), placed({ type: "Reconciling", reason: "Progressing" })];
    expect(placeConditions([ready], before, 1, NOW).map(({ type }) => type)).toEqual(["Ready"]);
  });

  it("returns them in a fixed order, for any order of the contents", () => {
    const connected: ConditionContent = { ...ready, type: "Connected", reason: "ConnectionEstablished" };
    const forth = placeConditions([ready, connected], [], 1, NOW);
    expect(placeConditions([connected, ready], [], 1, NOW)).toEqual(forth);
    expect(forth.map(({ type }) => type)).toEqual(["Ready", "Connected"]);
  });

  it("keeps messages within the bound of the schema", () => {
    const [condition] = placeConditions([{ ...ready, message: "x".repeat(5000) }], [], 1, NOW);
    expect(condition?.message.length).toBe(MAX_MESSAGE_LENGTH);
  });
});

describe("findCondition", () => {
  it("finds by type, and nothing if there are none", () => {
    expect(findCondition([placed()], "Ready")).toEqual(placed());
    expect(findCondition([placed()], "Connected")).toBeUndefined();
    expect(findCondition(undefined, "Ready")).toBeUndefined();
  });
});
