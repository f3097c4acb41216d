import { describe, expect, it } from "vitest";

import type { AnswerFault } from "../../test/sim/faults.ts";
import { MEDIA_TYPES } from "../../test/sim/manifests.ts";
import { eventually } from "../../test/support/eventually.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { createRegistryClient, startRegistry } from "../../test/support/registry-client.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const HEAD = "HEAD /v2/{name}/manifests/{reference}";
const GET = "GET /v2/{name}/manifests/{reference}";
const MINUTE = 60_000;
const CREDENTIAL = { kind: "basic", username: "me", password: "secret" } as const;

async function setUp(...faults: readonly AnswerFault[]) {
  const registry = await startRegistry();
  const digest = registry.push("team/app", "1", { platforms: [{ os: "linux", architecture: "amd64" }] });
  await registry.setFaults(...faults);
  const { clock, client } = createRegistryClient();
  const access = { trust: SYSTEM_TRUST, insecure: true, credential: CREDENTIAL };
  const target = { domain: registry.host, path: "team/app", access };
  const { signal } = new AbortController();
  return {
    clock,
    registry,
    digest,
    resolve: () => client.resolveTag(target, "1", signal),
    openManifest: () => client.openManifest(target, digest, signal),
    listTags: () => client.listTags(target, signal),
  };
}

const failed = (reason: string) => ({ ok: false, failure: { reason } });

describe("a registry that limits", () => {
  const json = { "Content-Type": "application/json" };
  const hub = '{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}';

  it.each<[string, { readonly body?: string; readonly headers?: Record<string, string> }, number, string]>([
    ["in seconds", { headers: { "Retry-After": "120" } }, 2 * MINUTE, "its rate limit"],
    ["by a date", { headers: { "Retry-After": "Thu, 01 Jan 2026 00:05:00 GMT" } }, 5 * MINUTE, "its rate limit"],
    ["without a time", {}, MINUTE, "its rate limit"],
    ["in words of its own", { body: "retry-after: 331µs, allowed: 44000/minute" }, MINUTE, "its rate limit"],
    ["with a page", { body: "<html>429 Too Many Requests</html>" }, MINUTE, "its rate limit"],
    ["in Docker Hub's words", { body: hub, headers: json }, MINUTE, "its limit on pulls"],
    ["by what is left", { headers: { "RateLimit-Remaining": "0;w=21600" } }, MINUTE, "its limit on pulls"],
  ])("says so %s", async (_, fault, wait, words) => {
    const { clock, registry, resolve, openManifest, listTags } = await setUp({ kind: "status", status: 429, ...fault });
    // A HEAD has no body for an explanation.
    const outcome = fault.body === undefined ? await resolve() : await openManifest();
    expect(outcome).toMatchObject({ ...failed("RegistryRateLimited"), failure: { retryAt: clock.now() + wait } });
    expect(!outcome.ok && outcome.failure.message).toContain(
      `${words} is used up (429); the next request is made after`,
    );
    await registry.setFaults();
    expect([await resolve(), await openManifest(), await listTags()]).toEqual([outcome, outcome, outcome]);
    expect(registry.counters.requests()).toBe(1);
    await clock.advance(wait);
    expect((await resolve()).ok).toBe(true);
  });
});

describe("a registry with a mind of its own", () => {
  it.each<[string, AnswerFault]>([
    ["serves no HEAD", { kind: "status", status: 405, method: "HEAD" }],
    ["knows no HEAD", { kind: "status", status: 501, method: "HEAD" }],
    ["leaves the digest out", { kind: "missing-header", header: "Docker-Content-Digest" }],
    ["leaves the digest out of a HEAD", { kind: "missing-header", header: "Docker-Content-Digest", method: "HEAD" }],
  ])("is asked by GET where it %s", async (_, fault) => {
    const { registry, digest, resolve } = await setUp(fault);
    expect(await resolve()).toMatchObject({ ok: true, value: { digest, isIndex: true } });
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 1, [GET]: 1 });
  });

  it.each(["application/vnd.docker.distribution.manifest.v1+json", MEDIA_TYPES.dockerSchema1])(
    "is not believed with schema 1: %s",
    async (type) => {
      const headers = { "Content-Type": type, "Docker-Content-Digest": `sha256:${"1".repeat(64)}` };
      const { resolve } = await setUp({ kind: "status", status: 200, headers });
      expect(await resolve()).toMatchObject(failed("RegistryBadResponse"));
    },
  );

  it("may redirect to another host, which is shown nothing", async () => {
    const other = await startRegistry();
    const digest = other.push("team/app", "1");
    const { registry, resolve } = await setUp({
      kind: "status",
      status: 307,
      headers: { Location: `http://${other.host}/v2/team/app/manifests/1` },
    });
    expect(await resolve()).toMatchObject({ ok: true, value: { digest } });
    await other.setFaults({ kind: "status", status: 401, headers: { "WWW-Authenticate": 'Basic realm="phishing"' } });
    expect(await resolve()).toMatchObject(failed("RegistryBadResponse"));
    expect([registry.counters.byRoute(), other.counters.byRoute()]).toEqual([{ [HEAD]: 2 }, { [HEAD]: 2 }]);
  });

  it.each([
    "Bearer",
    "Bearer realm",
    "Bearer realm=",
    'Bearer realm="',
    'Bearer realm="https://',
    'Bearer realm="https://[::1"',
    'Bearer realm="javascript:alert(1)"',
    "Bearer realm=https://127.0.0.1/token",
    ", , =,",
    "\u0080\u00ff",
    `Bearer ${"x=1,".repeat(2_000)}`,
    `Bearer realm="${"\\".repeat(8_001)}"`,
  ])("gets no credential for a malformed challenge: %s", async (challenge) => {
    const { registry, resolve } = await setUp({
      kind: "status",
      status: 401,
      headers: { "WWW-Authenticate": challenge },
    });
    expect(await resolve()).toMatchObject(failed("RegistryBadResponse"));
    expect(registry.counters.requests()).toBe(1);
  });
});

describe("a registry without an end", () => {
  it.each<[string, AnswerFault]>([
    ["no headers", { kind: "hang" }],
    ["headers too late", { kind: "delay", ms: 3_600_000 }],
    ["half of a body", { kind: "stall-body", method: "GET" }],
  ])("is given up after half a minute: %s", async (_, fault) => {
    const { clock, registry, openManifest } = await setUp(fault);
    const outcome = openManifest();
    while (registry.counters.requests() < 1) await settle();
    await clock.advance(30_000);
    expect(await outcome).toMatchObject(failed("RegistryTimedOut"));
    expect(clock.pending).toBe(0);
    await eventually(() => expect(registry.connections).toBe(0));
  });

  it.each([
    ["openManifest", "RegistryBadResponse"],
    ["listTags", "TooManyTags"],
  ] as const)("is read no further than to the bound: %s", async (what, reason) => {
    const { registry, ...ask } = await setUp({ kind: "endless-body" });
    expect(await ask[what]()).toMatchObject(failed(reason));
    await eventually(() => expect(registry.connections).toBe(0));
  });
});
