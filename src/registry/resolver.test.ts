import { describe, expect, it } from "vitest";
import type { SimRegistry } from "../../test/sim/registry.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { createRegistryClient, startRegistry } from "../../test/support/registry-client.ts";
import type { ResolveRequest } from "./resolver.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const HEAD = "HEAD /v2/{name}/manifests/{reference}";
const GET = "GET /v2/{name}/manifests/{reference}";
const HOUR = 3_600_000;
const PLATFORMS = [{ os: "linux", architecture: "amd64" }];

async function setUp() {
  const registry = await startRegistry();
  const { clock, resolver } = createRegistryClient();
  const request = (tag = "1", access: Partial<ResolveRequest> = {}): ResolveRequest => ({
    reference: { domain: registry.host, path: "team/app", tag },
    trust: SYSTEM_TRUST,
    insecure: true,
    ...access,
  });
  const ask = (tag?: string, { signal = new AbortController().signal, ...more }: Partial<Asked> = {}) =>
    resolver.resolve(request(tag, more.access), { maxAgeMs: HOUR, signal, ...more.times });
  return { clock, registry, resolver, request, ask };
}

interface Asked {
  readonly signal: AbortSignal;
  readonly access: Partial<ResolveRequest>;
  readonly times: { readonly maxAgeMs?: number; readonly notBefore?: number };
}

/** Lets a request get as far as the registry. */
async function untilAsked(registry: SimRegistry, times: number) {
  while (registry.counters.requests() < times) await settle();
}

const digestOf = async (answer: Promise<{ ok: boolean; value?: { digest: string } }>) => (await answer).value?.digest;

describe("resolve", () => {
  it("asks once for everybody who wants to know, at the same time and until the answer is too old", async () => {
    const { clock, registry, ask } = await setUp();
    const digest = registry.push("team/app", "1");
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(answers[0]).toEqual({
      ok: true,
      value: { digest, mediaType: expect.any(String), isIndex: false, fetchedAt: clock.now() },
    });
    await clock.advance(HOUR - 1);
    const moved = registry.push("team/app", "1");
    expect(await digestOf(ask())).toBe(digest);
    expect(registry.counters.requests()).toBe(1);
    await clock.advance(1);
    expect(await digestOf(ask())).toBe(moved);
    expect(registry.counters.requests()).toBe(2);
  });

  it("keeps tags and ways of access apart", async () => {
    const { registry, ask } = await setUp();
    registry.push("team/app", "1");
    registry.push("team/app", "2");
    const credential = (password: string) => ({ kind: "basic", username: "u", password }) as const;
    const asked = [
      ask("1"),
      ask("2"),
      ask("1", { access: { credential: credential("a") } }),
      ask("1", { access: { credential: credential("b") } }),
      ask("1", { access: { trust: { roots: ["x"] } } }),
      ask("1", { access: { trust: { roots: [], clientPairs: [{ cert: "c", key: "k" }] } } }),
    ];
    expect((await Promise.all(asked)).every(({ ok }) => ok)).toBe(true);
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: asked.length });
  });

  it("accepts nothing that was asked for before a request came, not even what is under way", async () => {
    const { clock, registry, ask } = await setUp();
    const old = registry.push("team/app", "1");
    await registry.setFaults({ kind: "delay", ms: 20 });
    const early = ask();
    await untilAsked(registry, 1);
    await clock.advance(1_000);
    const notBefore = clock.now();
    const late = ask("1", { times: { notBefore } });
    await untilAsked(registry, 2);
    expect([await digestOf(early), await digestOf(late)]).toEqual([old, old]);
    const fresh = registry.push("team/app", "1");
    expect(await digestOf(ask("1", { times: { notBefore } }))).toBe(old);
    await clock.advance(1_000);
    expect(await digestOf(ask("1", { times: { notBefore: clock.now() } }))).toBe(fresh);
  });

  it("remembers for a minute and for all hosts what a registry refuses, except for requests that need a new answer", async () => {
    const { clock, registry, ask } = await setUp();
    const refused = await Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(new Set(refused.map((answer) => (answer.ok ? "" : answer.failure.reason)))).toEqual(
      new Set(["ImageNotFound"]),
    );
    await clock.advance(30_000);
    expect((await ask()).ok).toBe(false);
    expect(registry.counters.requests()).toBe(1);
    const digest = registry.push("team/app", "1");
    expect(await digestOf(ask("1", { times: { notBefore: clock.now() } }))).toBe(digest);
  });

  it("asks again after a minute for what a registry refused", async () => {
    const { clock, registry, ask } = await setUp();
    expect((await ask()).ok).toBe(false);
    const digest = registry.push("team/app", "1");
    await clock.advance(60_000);
    expect(await digestOf(ask())).toBe(digest);
  });

  it("keeps no other failure", async () => {
    const { registry, ask } = await setUp();
    await registry.setFaults({ kind: "status", status: 503 });
    expect(await ask()).toMatchObject({ ok: false, failure: { reason: "RegistryServerError" } });
    await registry.setFaults();
    const digest = registry.push("team/app", "1");
    expect(await digestOf(ask())).toBe(digest);
  });

  it("continues for the others when one caller aborts, and stops asking when all have", async () => {
    const { registry, ask } = await setUp();
    registry.push("team/app", "1");
    await registry.setFaults({ kind: "hang" });
    const [first, second] = [new AbortController(), new AbortController()];
    const one = ask("1", { signal: first.signal });
    const two = ask("1", { signal: second.signal });
    await untilAsked(registry, 1);
    first.abort(new Error("first left"));
    await expect(one).rejects.toThrow("first left");
    second.abort(new Error("second left"));
    await expect(two).rejects.toThrow("second left");
    await registry.setFaults();
    expect((await ask()).ok).toBe(true);
    expect(registry.counters.requests()).toBe(2);
  });

  it("sends at most eight requests to one registry at the same time", async () => {
    const { registry, ask } = await setUp();
    await registry.setFaults({ kind: "hang" });
    const controller = new AbortController();
    const asked = Array.from({ length: 20 }, (_, i) => ask(`${i}`, { signal: controller.signal }));
    await untilAsked(registry, 8);
    await settle();
    expect(registry.counters.requests()).toBe(8);
    controller.abort(new Error("enough"));
    expect((await Promise.allSettled(asked)).every(({ status }) => status === "rejected")).toBe(true);
  });
});

describe("several namespaces", () => {
  it("have their turns at a registry, no matter how much one of them asks for", async () => {
    const { registry, ask } = await setUp();
    registry.push("team/app", "wanted");
    await registry.setFaults({ kind: "hang" });
    const controller = new AbortController();
    const greedy = Array.from({ length: 200 }, (_, i) =>
      ask(`${i}`, { signal: controller.signal, access: { owner: "greedy" } }),
    );
    await untilAsked(registry, 8);
    await registry.setFaults();
    expect((await ask("wanted", { access: { owner: "victim" } })).ok).toBe(true);
    expect(registry.counters.requests()).toBe(9);
    controller.abort(new Error("enough"));
    await Promise.allSettled(greedy);
  });

  it("do not wait for another's turn with the same question, and ask it together once they have theirs", async () => {
    const { registry, ask } = await setUp();
    registry.push("team/app", "wanted");
    await registry.setFaults({ kind: "hang" });
    const controller = new AbortController();
    const access = { owner: "greedy" };
    const greedy = Array.from({ length: 8 }, (_, i) => ask(`${i}`, { signal: controller.signal, access }));
    await untilAsked(registry, 8);
    const waiting = ask("wanted", { access });
    await registry.setFaults();
    expect((await ask("wanted", { access: { owner: "victim" } })).ok).toBe(true);
    controller.abort(new Error("enough"));
    await Promise.allSettled(greedy);
    expect((await waiting).ok).toBe(true);
    expect(registry.counters.requests()).toBe(9);
  });

  it("ask once for what they want at the same time", async () => {
    const { registry, ask } = await setUp();
    registry.push("team/app", "1");
    const owners = Array.from({ length: 8 }, (_, i) => `team-${i}`);
    const answers = await Promise.all(owners.map((owner) => ask("1", { access: { owner } })));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(registry.counters.requests()).toBe(1);
  });
});

describe("what one way of asking a registry has met", () => {
  const trust = { roots: ["of another tenant"] };
  const credential = { kind: "basic", username: "u", password: "p" } as const;

  it.each([
    ["another trust", { trust }],
    ["another credential", { credential }],
  ])("is not an outage for %s", async (_, access) => {
    const { clock, registry, ask } = await setUp();
    registry.push("team/app", "1");
    await registry.setFaults({ kind: "hang" });
    const asked = ["1", "2", "3"].map((tag) => ask(tag, { access }));
    await untilAsked(registry, 3);
    await clock.advance(30_000);
    for (const answer of await Promise.all(asked)) expect(answer.ok).toBe(false);
    await registry.setFaults();
    expect(await ask("1", { access })).toMatchObject({ ok: false, failure: { reason: "RegistryTimedOut" } });
    expect((await ask("1")).ok).toBe(true);
  });

  it("is not an outage or a limit for another scheme", async () => {
    const { clock, registry, ask } = await setUp();
    registry.push("team/app", "1");
    await registry.setFaults({ kind: "hang" });
    const plain = ["1", "2", "3"].map((tag) => ask(tag));
    await untilAsked(registry, 3);
    await clock.advance(30_000);
    await Promise.all(plain);
    // The plain server does not speak TLS, which only asking it can show.
    expect(await ask("1", { access: { insecure: false } })).toMatchObject({
      ok: false,
      failure: { reason: "RegistryNotTLS" },
    });
  });

  it("is not a limit for another trust", async () => {
    const { registry, ask } = await setUp();
    registry.push("team/app", "1");
    await registry.setFaults({ kind: "status", status: 429, headers: { "Retry-After": "3600" } });
    expect(await ask("1", { access: { trust } })).toMatchObject({
      ok: false,
      failure: { reason: "RegistryRateLimited" },
    });
    await registry.setFaults();
    expect((await ask("1")).ok).toBe(true);
  });
});

describe("a rate limit", () => {
  it("stops all requests of the account until it ends, and names the time", async () => {
    const { clock, registry, ask } = await setUp();
    registry.push("team/app", "1");
    await registry.setFaults({ kind: "status", status: 429, headers: { "Retry-After": "120" } });
    const limited = await ask();
    const retryAt = clock.now() + 120_000;
    expect(limited).toMatchObject({ ok: false, failure: { reason: "RegistryRateLimited", retryAt } });
    await registry.setFaults();
    const other = await ask("2");
    expect(other).toEqual(limited);
    expect(other.ok ? "" : other.failure.message).toContain("2026-01-01T00:02:00Z");
    expect(registry.counters.requests()).toBe(1);

    const access = { credential: { kind: "basic", username: "u", password: "p" } } as const;
    expect((await ask("1", { access })).ok).toBe(true);
    await clock.advance(120_000);
    expect((await ask()).ok).toBe(true);
  });

  it("spares the registry what was already waiting for its turn", async () => {
    const { registry, ask } = await setUp();
    await registry.setFaults({ kind: "status", status: 429 });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(`${i}`)));
    expect(new Set(answers.map((answer) => (answer.ok ? "" : answer.failure.reason)))).toEqual(
      new Set(["RegistryRateLimited"]),
    );
    expect(registry.counters.requests()).toBeLessThanOrEqual(8);
  });
});

describe("a registry that does not answer", () => {
  const TIMED_OUT = { ok: false, failure: { reason: "RegistryTimedOut" } };

  it("is not waited for by everybody in turn: after a few it gets no requests for a minute", async () => {
    const { clock, registry, ask } = await setUp();
    registry.push("team/app", "1");
    await registry.setFaults({ kind: "hang" });
    const asked = Promise.all(Array.from({ length: 100 }, (_, i) => ask(`${i}`)));
    await untilAsked(registry, 8);
    await clock.advance(30_000);
    // Two take the places of the first two that were given up, before it is clear.
    await untilAsked(registry, 10);
    await clock.advance(30_000);
    for (const answer of await asked) expect(answer).toMatchObject(TIMED_OUT);
    await registry.setFaults();
    expect(await ask()).toMatchObject(TIMED_OUT);
    expect(registry.counters.requests()).toBe(10);
    await clock.advance(60_000);
    expect(await ask("2")).toMatchObject({ ok: false, failure: { reason: "ImageNotFound" } });
  });

  it("gets a request immediately if the user asked for one later", async () => {
    const { clock, registry, ask } = await setUp();
    registry.push("team/app", "1");
    await registry.setFaults({ kind: "hang" });
    const asked = ["1", "2", "3"].map((tag) => ask(tag));
    await untilAsked(registry, 3);
    await clock.advance(30_000);
    await Promise.all(asked);
    await registry.setFaults();
    await clock.advance(1_000);
    expect(await ask()).toMatchObject(TIMED_OUT);
    expect((await ask("1", { times: { notBefore: clock.now() } })).ok).toBe(true);
    expect((await ask("1")).ok).toBe(true);
  });

  it("is asked on where only some questions take too long", async () => {
    const { clock, registry, ask } = await setUp();
    registry.push("team/app", "1");
    for (let round = 0; round < 3; round++) {
      await registry.setFaults({ kind: "hang" });
      const slow = [ask("2"), ask("3")];
      await untilAsked(registry, round * 3 + 2);
      await clock.advance(30_000);
      for (const answer of slow) expect(await answer).toMatchObject(TIMED_OUT);
      await registry.setFaults();
      expect((await ask("1", { times: { maxAgeMs: 0 } })).ok).toBe(true);
    }
  });
});

describe("openManifest", () => {
  it("opens an index once for all hosts", async () => {
    const { clock, registry, resolver, request } = await setUp();
    const index = registry.push("team/app", "1", { platforms: PLATFORMS });
    const { signal } = new AbortController();
    const open = (access = {}) => resolver.openManifest(request("1", access), index, { maxAgeMs: HOUR, signal });
    const both = await Promise.all([open(), open()]);
    await clock.advance(100 * HOUR);
    expect([...both, await open({ trust: { roots: ["x"] } })]).toEqual(
      Array(3).fill({
        ok: true,
        value: { children: [{ digest: expect.stringMatching(/^sha256:/), platform: PLATFORMS[0] }] },
      }),
    );
    expect(registry.counters.byRoute()).toEqual({ [GET]: 1 });
  });

  it.each([
    ["which it removed", 404, "ImageNotFound"],
    ["which it does not show", 403, "RegistryAccessDenied"],
    ["which it damaged", 200, "RegistryBadResponse"],
  ])("asks for one %s once a minute, no matter how many hosts want it", async (_, status, reason) => {
    const { clock, registry, resolver, request } = await setUp();
    const index = registry.push("team/app", "1", { platforms: PLATFORMS });
    const { signal } = new AbortController();
    const open = (notBefore = 0) => resolver.openManifest(request(), index, { maxAgeMs: HOUR, notBefore, signal });
    await registry.setFaults({ kind: "status", status });
    for (let host = 0; host < 50; host++) expect(await open()).toMatchObject({ ok: false, failure: { reason } });
    expect(registry.counters.requests()).toBe(1);
    await clock.advance(1_000);
    expect((await open(clock.now())).ok).toBe(false);
    expect(registry.counters.requests()).toBe(2);
    await registry.setFaults();
    await clock.advance(60_000);
    expect((await open()).ok).toBe(true);
  });

  it("keeps no failure but refusals", async () => {
    const { registry, resolver, request } = await setUp();
    const index = registry.push("team/app", "1", { platforms: PLATFORMS });
    const { signal } = new AbortController();
    await registry.setFaults({ kind: "status", status: 500 });
    expect((await resolver.openManifest(request(), index, { maxAgeMs: HOUR, signal })).ok).toBe(false);
    await registry.setFaults();
    expect((await resolver.openManifest(request(), index, { maxAgeMs: HOUR, signal })).ok).toBe(true);
  });
});
