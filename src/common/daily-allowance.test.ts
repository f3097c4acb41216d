import { expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { DailyAllowance } from "./daily-allowance.ts";

const HOUR_MS = 3_600_000;

it("gives back what was used evenly over the day, to each owner its own", async () => {
  const clock = new FakeClock();
  const allowance = new DailyAllowance(clock, 24);
  allowance.spend("a", 24);
  expect(allowance.has("a")).toBe(false);
  expect(allowance.has("b")).toBe(true);
  await clock.advance(HOUR_MS);
  expect(allowance.has("a")).toBe(true);
  allowance.spend("a", 1);
  expect(allowance.has("a")).toBe(false);
  await clock.advance(48 * HOUR_MS);
  allowance.spend("a", 23);
  expect(allowance.has("a")).toBe(true);
  allowance.spend("a", 1);
  expect(allowance.has("a")).toBe(false);
});

it("waits until an excess has come back", async () => {
  const clock = new FakeClock();
  const allowance = new DailyAllowance(clock, 24);
  allowance.spend("a", 24 + 48);
  await clock.advance(47 * HOUR_MS);
  expect(allowance.has("a")).toBe(false);
  await clock.advance(2 * HOUR_MS);
  expect(allowance.has("a")).toBe(true);
});
