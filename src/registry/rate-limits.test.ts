import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { RateLimits, type Refusal } from "./rate-limits.ts";

const MINUTE = 60_000;

/** By default in the middle of the jitter: no jitter. */
function setUp(random = 0.5) {
  const clock = new FakeClock();
  const limits = new RateLimits(clock, () => random);
  const refusal = (more: Partial<Refusal>): Refusal => ({
    host: "reg.io",
    status: 429,
    headers: {},
    body: undefined,
    ...more,
  });
  /** Refused with this Retry-After; resolves to the time until the next try. */
  const refuse = (retryAfter?: string, account = "a") =>
    (limits.refuse(account, refusal({ headers: { "retry-after": retryAfter } })).retryAt ?? 0) - clock.now();
  return { clock, limits, refusal, refuse };
}

describe("RateLimits", () => {
  it("holds one account of a registry until the time that it named", async () => {
    const { clock, limits, refuse } = setUp();
    expect(refuse("90")).toBe(90_000);
    expect(limits.held("a")).toMatchObject({ reason: "RegistryRateLimited", retryAt: clock.now() + 90_000 });
    expect(limits.held("a")?.message).toContain("the next request is made after 2026-01-01T00:01:30Z");
    expect(limits.held("b")).toBeUndefined();
    await clock.advance(90_000);
    expect(limits.held("a")).toBeUndefined();
    expect(refuse(new Date(clock.now() + 5 * MINUTE).toUTCString())).toBe(5 * MINUTE);
  });

  it("doubles the wait from a minute up to an hour where the registry names no time", async () => {
    const { clock, refuse } = setUp();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const wait = refuse();
      waits.push(wait / MINUTE);
      await clock.advance(wait);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it.each(["0", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", ""])("waits a minute where the registry says %j", (text) => {
    expect(setUp().refuse(text)).toBe(MINUTE);
  });

  it("moves the wait at random, but never out of its bounds", async () => {
    const [low, high] = [setUp(0), setUp(0.999)];
    for (const [{ clock, refuse }, expected] of [
      [low, [60, 96, 192]],
      [high, [72, 144, 288]],
    ] as const) {
      for (const seconds of expected) {
        const wait = refuse();
        expect(Math.round(wait / 1_000)).toBe(seconds);
        await clock.advance(wait);
      }
      for (let i = 0; i < 6; i++) await clock.advance(refuse());
      expect(refuse()).toBeLessThanOrEqual(60 * MINUTE);
    }
  });

  it("starts from the shortest wait again after an answer", async () => {
    const { clock, limits, refuse } = setUp();
    refuse();
    await clock.advance(MINUTE);
    refuse();
    await clock.advance(2 * MINUTE);
    limits.accept("a");
    expect(refuse()).toBe(MINUTE);
  });

  it("counts refusals of requests that were under way together once, and keeps the longest wait", () => {
    const { refuse } = setUp();
    expect([refuse(), refuse(), refuse("300"), refuse("60")]).toEqual([MINUTE, MINUTE, 5 * MINUTE, 5 * MINUTE]);
  });

  it("is not lifted by an answer that was under way before it", () => {
    const { limits, refuse } = setUp();
    refuse();
    limits.accept("a");
    expect(limits.held("a")).toBeDefined();
  });

  it("does not end early when the wall clock jumps", () => {
    const { clock, limits, refuse } = setUp();
    refuse();
    clock.setWall(clock.now() + 10 * MINUTE);
    expect(limits.held("a")).toBeDefined();
  });

  const PULLS = "its limit on pulls is used up (429)";
  const LONG =
    '{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit"}]}';

  it.each<[string, Partial<Refusal>, string]>([
    ["Docker Hub's text on pulls", { host: "registry-1.docker.io", body: Buffer.from(LONG) }, PULLS],
    ["a limit of which nothing is left", { headers: { "ratelimit-remaining": "0;w=21600" } }, PULLS],
    [
      "Docker Hub's few words",
      { host: "registry-1.docker.io", body: Buffer.from("Too Many Requests") },
      "its limit on requests of any kind from one address is used up, for which credentials make no difference (429)",
    ],
    ["another registry", { body: Buffer.from("slow down") }, "its rate limit is used up (429)"],
  ])("reports which limit it was: %s", (_, more, words) => {
    const { limits, refusal } = setUp();
    expect(limits.refuse("a", refusal(more)).message).toContain(`: ${words};`);
  });
});
