import { describe, expect, it } from "vitest";
import { timingsProblem } from "./timings.ts";

const usual = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

describe("timings", () => {
  it("fit together as Kubernetes has them, and as short as tests want them", () => {
    expect(timingsProblem(usual)).toBeUndefined();
    expect(timingsProblem({ leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 500 })).toBeUndefined();
  });

  it.each([
    [{ renewDeadlineMs: 15_000 }, "lease duration (15s) must be longer than the renew deadline (15s)"],
    [{ retryPeriodMs: 9_000 }, "renew deadline (10s) must be longer than 1.2 x the retry period (9s)"],
    [{ leaseDurationMs: 15_500 }, "lease duration (15s500ms) must be whole seconds"],
    [{ retryPeriodMs: 0 }, "retry period must be longer than 0s"],
  ])("that do not are reported: %o", (change, words) => {
    expect(timingsProblem({ ...usual, ...change })).toContain(words);
  });
});
