import { expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ExpiringCache } from "./expiring-cache.ts";

interface Text {
  readonly text: string;
}

function setUp(maxBytes = 10_000) {
  const clock = new FakeClock();
  return { clock, cache: new ExpiringCache<Text>(clock, maxBytes, ({ text }) => text.length) };
}

it("returns nothing that has expired", async () => {
  const { clock, cache } = setUp();
  cache.set("a", { text: "1" }, 1_000);
  await clock.advance(999);
  expect(cache.get("a")).toEqual({ text: "1" });
  await clock.advance(1);
  expect(cache.get("a")).toBeUndefined();
});

it("drops expired values even if the cache is no longer used, and does not keep the program alive for that", async () => {
  const { clock, cache } = setUp();
  cache.set("a", { text: "a secret" }, 1_000);
  cache.set("b", { text: "another" }, 1_000_000);
  expect(clock.pending).toBe(0);
  await clock.advance(60_000);
  expect(cache.size).toBe(1);
  await clock.advance(1_000_000);
  expect(cache.size).toBe(0);
  cache.set("c", { text: "a third" }, 1_000);
  await clock.advance(60_000);
  expect(cache.size).toBe(0);
});

it("is bounded in bytes, and keeps the values that were used last", () => {
  const { cache } = setUp(1_000);
  for (let i = 0; i < 100; i++) {
    cache.set(String(i), { text: "x".repeat(100) }, 1_000);
    cache.get("0");
  }
  expect(cache.size).toBeLessThan(10);
  expect(cache.get("0")).toBeDefined();
  expect(cache.get("99")).toBeDefined();
});

it("does not keep a value that is larger than the limit for all", () => {
  const { cache } = setUp(1_000);
  cache.set("a", { text: "x".repeat(2_000) }, 1_000);
  expect(cache.get("a")).toBeUndefined();
});
