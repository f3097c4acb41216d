import { expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { EventLoopWatch } from "./event-loop-watch.ts";

it("reports a loop that was blocked, and fails its check while one is stuck", async () => {
  const clock = new FakeClock();
  const logger = new MemoryLogger();
  let delays = { median: 1, longest: 20 };
  const watch = new EventLoopWatch({ meter: { take: () => delays }, clock, logger });
  const stop = new AbortController();
  const ended = watch.run(stop.signal);
  await clock.advance(10_000);
  expect([watch.check.check(), logger.lines]).toEqual([undefined, []]);
  delays = { median: 2, longest: 2_345.6 };
  await clock.advance(10_000);
  expect(watch.check.check()).toBeUndefined();
  expect(logger.lines).toEqual([
    { level: "warn", message: "The event loop was blocked", fields: { longestMs: 2_346 } },
  ]);
  delays = { median: 6_000, longest: 6_000 };
  await clock.advance(10_000);
  expect(watch.check.check()).toBe("timers fire 6000 ms late");
  delays = { median: 1, longest: 20 };
  await clock.advance(10_000);
  expect(watch.check.check()).toBeUndefined();
  stop.abort();
  await ended;
});
