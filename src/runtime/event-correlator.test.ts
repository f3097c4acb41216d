import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { EventCorrelator } from "./event-correlator.ts";
import type { EventInput } from "./event-input.ts";

let clock: FakeClock;
let correlator: EventCorrelator;

beforeEach(() => {
  clock = new FakeClock();
  correlator = new EventCorrelator(clock);
});

function event(name: string, note: string): EventInput {
  const regarding = { apiVersion: "example.com/v1", kind: "Host", namespace: "fleet", name, uid: "u-1" };
  return { regarding, type: "Warning", reason: "Refused", action: "Connect", note };
}

const notes = (name: string, ...texts: string[]) =>
  texts.map((text) => correlator.correlate(event(name, text))?.event.note ?? "dropped");

describe("EventCorrelator", () => {
  it("lets 25 events of one object through, then one each five minutes, and others' all the while", async () => {
    const many = notes("edge", ...Array.from({ length: 27 }, () => "no"));
    expect(many.filter((note) => note === "no")).toHaveLength(25);
    expect(notes("other", "no")).toEqual(["no"]);
    await clock.advance(299_000);
    expect(notes("edge", "no")).toEqual(["dropped"]);
    await clock.advance(1_000);
    expect(notes("edge", "no", "no")).toEqual(["no", "dropped"]);
    // No matter how long it was quiet before.
    await clock.advance(24 * 3_600_000);
    expect(notes("edge", ...Array.from({ length: 27 }, () => "no")).filter((note) => note === "no")).toHaveLength(25);
  });

  it("from the eleventh note on, takes events that differ only in their notes for the same event", async () => {
    const ten = Array.from({ length: 10 }, (_, index) => `attempt ${index}`);
    expect(notes("edge", ...ten)).toEqual(ten);
    const combined = ["attempt 10", "attempt 11"].map((note) => correlator.correlate(event("edge", note)));
    expect(combined[0]?.event.note).toBe("(combined from similar events): attempt 10");
    expect(combined[1]?.identity).toBe(combined[0]?.identity);
    expect(notes("edge", "attempt 3")).toEqual(["attempt 3"]);
    await clock.advance(600_000);
    expect(notes("edge", "attempt 12")).toEqual(["attempt 12"]);
  });
});
