import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import type { ApiFailureKind } from "./api-error.ts";
import { ReflectorBackoff } from "./reflector-backoff.ts";

function backoffAfterOutage(failures: number) {
  const backoff = new ReflectorBackoff(new FakeClock(), () => 0, false);
  const failed = (kind: ApiFailureKind = "Network") => backoff.failed({ kind, message: "no" });
  for (let i = 0; i < failures; i++) failed();
  return { backoff, failed };
}

describe("the wait after a watch", () => {
  it("that held for a while is short again, no matter how long an outage before it lasted", () => {
    const { backoff, failed } = backoffAfterOutage(6);
    for (let faults = 0; faults < 5; faults++) {
      backoff.watchOpened();
      backoff.watchHeld(2_200, true);
      expect(failed()).toBe(800);
    }
  });

  it("that held only for a moment keeps growing", () => {
    const { backoff, failed } = backoffAfterOutage(2);
    const waits = [1, 2, 3].map(() => {
      backoff.watchOpened();
      backoff.watchHeld(500, true);
      return failed();
    });
    expect(waits).toEqual([3_200, 6_400, 12_800]);
  });

  it("that needs a new list keeps growing until one held longer than the last wait", () => {
    const { backoff, failed } = backoffAfterOutage(3);
    backoff.watchHeld(2_200, false);
    expect(failed("BadResponse")).toBe(6_400);
    backoff.watchHeld(6_500, false);
    expect(failed("BadResponse")).toBe(800);
  });
});
