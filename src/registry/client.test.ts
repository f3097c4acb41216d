import { afterEach, describe, expect, it } from "vitest";
import { pullImage } from "../../test/sim/pull.ts";
import { type SimRegistry, type SimRegistryOptions, startSimRegistry } from "../../test/sim/registry.ts";
import { systemClock } from "../common/clock.ts";
import { openGuard } from "../common/dial-guard.ts";
import type { RegistryAccess } from "./access.ts";
import { RegistryClient } from "./client.ts";
import { RegistryConnections } from "./connections.ts";
import type { RegistryCredential } from "./registry-credentials.ts";
import type { RegistryRequestEnd } from "./registry-observer.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const PLATFORMS = [
  { os: "linux", architecture: "amd64" },
  { os: "linux", architecture: "arm64", variant: "v8" },
];
const HEAD = "HEAD /v2/{name}/manifests/{reference}";
const GET = "GET /v2/{name}/manifests/{reference}";
const USER = { username: "me", password: "secret-password" } as const;
const BEARER = { mode: "bearer", ...USER, public: ["team/public"], identityToken: "secret-identity" } as const;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp(options: SimRegistryOptions = {}) {
  const registry = await startSimRegistry(options);
  const connections = new RegistryConnections({ systemRoots: [], guard: openGuard() });
  cleanups.push(
    () => registry.close(),
    () => connections.close(),
  );
  const requests: RegistryRequestEnd[] = [];
  const observer = { requestEnded: (end: RegistryRequestEnd) => requests.push(end) };
  const client = new RegistryClient({ connections, clock: systemClock, random: Math.random, observer });
  const target = (path: string, credential?: RegistryCredential) => ({
    domain: registry.host,
    path,
    access: access(credential),
  });
  const resolve = (path: string, credential?: RegistryCredential, tag = "1") =>
    client.resolveTag(target(path, credential), tag, new AbortController().signal);
  const list = (path: string, digest: string) =>
    client.openManifest(target(path), digest, new AbortController().signal);
  return { registry, client, resolve, list, requests };
}

function access(credential?: RegistryCredential): RegistryAccess {
  return { trust: SYSTEM_TRUST, insecure: true, ...(credential !== undefined && { credential }) };
}

const basic = (password: string = USER.password): RegistryCredential => ({
  kind: "basic",
  username: USER.username,
  password,
});

/** The reason of a failure that reveals no secret, or what came instead. */
async function reasonOf(outcome: Promise<{ ok: boolean; failure?: { reason: string; message: string } }>) {
  const { failure } = await outcome;
  expect(failure?.message ?? "").not.toContain("secret");
  return failure?.reason ?? "no failure";
}

async function status(registry: SimRegistry, status: number, headers: Record<string, string> = {}) {
  await registry.setFaults({ kind: "status", status, headers });
}

describe("resolveTag", () => {
  it("finds the digest of an image and of an index with one HEAD, docker and OCI alike", async () => {
    const { registry, resolve } = await setUp();
    for (const format of ["oci", "docker"] as const) {
      const single = registry.push("team/app", "1", { format });
      expect(await resolve("team/app")).toMatchObject({ ok: true, value: { digest: single, isIndex: false } });
      const index = registry.push("team/app", "1", { format, platforms: PLATFORMS });
      expect(await resolve("team/app")).toMatchObject({ ok: true, value: { digest: index, isIndex: true } });
    }
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 4 });
    expect(registry.counters.connections).toBe(1);
  });

  it("takes a 404 for final", async () => {
    const { registry, resolve } = await setUp();
    expect(await reasonOf(resolve("team/none"))).toBe("ImageNotFound");
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 1 });
  });

  it.each([
    [500, "RegistryServerError"],
    [503, "RegistryServerError"],
    [429, "RegistryRateLimited"],
    [418, "RegistryBadResponse"],
    [204, "RegistryBadResponse"],
    [400, "RegistryRequiresTLS"],
    [401, "RegistryAccessDenied"],
  ])("does not ask by GET after a %i: %s", async (code, reason) => {
    const { registry, resolve } = await setUp();
    registry.push("team/app", "1");
    await status(registry, code);
    expect(await reasonOf(resolve("team/app"))).toBe(reason);
    expect(registry.counters.requests()).toBe(1);
  });

  it("asks by GET after a 403, since a HEAD has no body to explain it", async () => {
    const { registry, resolve } = await setUp();
    registry.push("team/app", "1");
    await status(registry, 403);
    expect(await reasonOf(resolve("team/app"))).toBe("RegistryAccessDenied");
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 1, [GET]: 1 });
  });

  it("says when a rate limit ends", async () => {
    const { registry, resolve } = await setUp();
    await status(registry, 429, { "Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT" });
    const outcome = await resolve("team/app");
    expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryRateLimited" } });
    expect(!outcome.ok && outcome.failure.retryAt).toBeGreaterThan(0);
  });
});

describe("the observer", () => {
  it("reports each request and the account's remaining limit to the observer, and no credential", async () => {
    const { registry, resolve, requests } = await setUp({ auth: BEARER });
    registry.push("team/app", "1");
    await resolve("team/app", basic());
    const remaining = { requests: 99, windowMs: 21_600_000 };
    await status(registry, 429, { "ratelimit-remaining": "99;w=21600" });
    await resolve("team/app", basic());
    expect(requests).toMatchObject([
      { registry: registry.host, code: 401, remaining: undefined },
      { registry: registry.host, code: 200, remaining: undefined },
      { registry: registry.host, code: 429, remaining },
    ]);
    expect(new Set(requests.map(({ account }) => account)).size).toBe(1);
    expect(JSON.stringify(requests)).not.toContain("secret");
  });

  it("reports a request without an answer to the observer", async () => {
    const { registry, resolve, requests } = await setUp();
    await registry.close();
    await resolve("team/app");
    expect(requests).toMatchObject([{ code: undefined }]);
  });
});

describe("authorization", () => {
  it("gets an anonymous token for a public repository, and keeps it", async () => {
    const { registry, resolve } = await setUp({ auth: BEARER });
    const digest = registry.push("team/public", "1");
    for (let i = 0; i < 3; i++) expect(await resolve("team/public")).toMatchObject({ ok: true, value: { digest } });
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 4, "GET /token": 1 });
  });

  it.each<[string, RegistryCredential]>([
    ["a user and password", basic()],
    ["an identity token", { kind: "identityToken", token: "secret-identity" }],
  ])("exchanges %s for a token", async (_, credential) => {
    const { registry, resolve } = await setUp({ auth: BEARER });
    const digest = registry.push("team/app", "1");
    expect(await resolve("team/app", credential)).toMatchObject({ ok: true, value: { digest } });
  });

  it("gets a new token when the old one is no longer taken", async () => {
    const { registry, resolve } = await setUp({ auth: BEARER });
    const digest = registry.push("team/app", "1");
    await resolve("team/app", basic());
    registry.revokeTokens();
    expect(await resolve("team/app", basic())).toMatchObject({ ok: true, value: { digest } });
    expect(registry.counters.requests("GET /token")).toBe(2);
  });

  it("gets one token for all that ask for the same at the same time", async () => {
    const { registry, resolve } = await setUp({ auth: BEARER });
    const tags = ["1", "2", "3", "4"];
    for (const tag of tags) registry.push("team/app", tag);
    const answers = await Promise.all(tags.map((tag) => resolve("team/app", basic(), tag)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(registry.counters.requests("GET /token")).toBe(1);
  });

  it("reads either name of the token, and gets a short-lived one each time", async () => {
    const { registry, resolve } = await setUp({ auth: { ...BEARER, tokenField: "access_token", expiresIn: 1 } });
    registry.push("team/app", "1");
    expect((await resolve("team/app", basic())).ok).toBe(true);
    expect((await resolve("team/app", basic())).ok).toBe(true);
    expect(registry.counters.requests("GET /token")).toBe(2);
  });

  it("answers a basic challenge, and sends the header in the first request the next time", async () => {
    const { registry, resolve } = await setUp({ auth: { mode: "basic", ...USER } });
    const digest = registry.push("team/app", "1");
    expect(await resolve("team/app", basic())).toMatchObject({ ok: true, value: { digest } });
    expect(await resolve("team/app", basic())).toMatchObject({ ok: true, value: { digest } });
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 3 });
  });

  it("never gives one account the token of another", async () => {
    const { registry, resolve } = await setUp({ auth: BEARER });
    registry.push("team/app", "1");
    expect((await resolve("team/app", basic())).ok).toBe(true);
    expect(await reasonOf(resolve("team/app"))).toBe("RegistryCredentialsRequired");
    expect(await reasonOf(resolve("team/app", basic("secret-other")))).toBe("RegistryAuthenticationFailed");
  });

  it.each([
    ["bearer", "anonymously", undefined, "RegistryCredentialsRequired"],
    ["bearer", "with a wrong password", basic("secret-wrong"), "RegistryAuthenticationFailed"],
    ["bearer", "with a wrong identity", { kind: "identityToken", token: "secret-x" }, "RegistryAuthenticationFailed"],
    ["bearer", "with a wrong registry token", { kind: "registryToken", token: "secret-x" }, "RegistryAccessDenied"],
    ["basic", "anonymously", undefined, "RegistryCredentialsRequired"],
    ["basic", "with a wrong password", basic("secret-wrong"), "RegistryAuthenticationFailed"],
    ["basic", "with a token", { kind: "registryToken", token: "secret-x" }, "RegistryAuthenticationFailed"],
  ] as const)("%s, asked %s for a private repository: %s%s", async (mode, _, credential, reason) => {
    const { registry, resolve } = await setUp({ auth: mode === "bearer" ? BEARER : { mode, ...USER } });
    registry.push("team/app", "1");
    expect(await reasonOf(resolve("team/app", credential))).toBe(reason);
    expect(registry.counters.requests(HEAD)).toBeLessThanOrEqual(2);
  });

  it.each([
    ["an unknown scheme", "Negotiate"],
    ["a challenge without realm", 'Bearer service="x"'],
    ["a realm that is no URL", 'Bearer realm="token"'],
    ["a realm with a user", 'Bearer realm="https://user:pass@127.0.0.1/token"'],
    ["a realm of another protocol", 'Bearer realm="file:///etc/passwd"'],
  ])("refuses a 401 with %s", async (_, challenge) => {
    const { registry, resolve } = await setUp();
    await status(registry, 401, { "WWW-Authenticate": challenge });
    expect(await reasonOf(resolve("team/app", basic()))).toBe("RegistryBadResponse");
    expect(registry.counters.requests()).toBe(1);
  });

  it.each([
    ["no JSON", 200, "<html>", "RegistryBadResponse"],
    ["no token", 200, "{}", "RegistryBadResponse"],
    ["a token that would forge a header", 200, '{"token":"a\\r\\nX: y"}', "RegistryBadResponse"],
    ["an endless answer", 200, JSON.stringify({ token: "x".repeat(300_000) }), "RegistryBadResponse"],
    ["a refusal", 403, "", "RegistryAuthenticationFailed"],
    ["a redirect", 302, "", "RegistryBadResponse"],
    ["its own limit", 429, "", "RegistryRateLimited"],
    ["an error", 502, "", "RegistryServerError"],
  ])("reports a token service that answers with %s", async (_, code, body, reason) => {
    const { registry, resolve } = await setUp({ auth: BEARER });
    registry.push("team/app", "1");
    await registry.setFaults({ kind: "status", status: code, body, path: "/token" });
    expect(await reasonOf(resolve("team/app", basic()))).toBe(reason);
  });
});

describe("openManifest", () => {
  it("lists the images of an index, and names the configuration of a single image", async () => {
    const { registry, list } = await setUp();
    const index = registry.push("team/app", "1", { platforms: PLATFORMS });
    const listed = await list("team/app", index);
    expect(listed).toMatchObject({ ok: true, value: { children: PLATFORMS.map((platform) => ({ platform })) } });
    const single = registry.push("team/app", "1");
    const config = pullImage(registry, "team/app", "1").configDigest;
    expect(await list("team/app", single)).toEqual({ ok: true, value: { children: [], config } });
    expect(registry.counters.byRoute()).toEqual({ [GET]: 2 });
  });

  it("believes no content but that of the digest", async () => {
    const { registry, list } = await setUp();
    const index = registry.push("team/app", "1", { platforms: PLATFORMS });
    await registry.setFaults({ kind: "status", status: 200, body: '{"manifests":[]}' });
    expect(await reasonOf(list("team/app", index))).toBe("RegistryBadResponse");
    await registry.setFaults({ kind: "status", status: 200, body: "x".repeat(5 * 1024 * 1024) });
    expect(await reasonOf(list("team/app", index))).toBe("RegistryBadResponse");
    await registry.setFaults({ kind: "cut-body" });
    expect(await reasonOf(list("team/app", index))).toBe("RegistryUnreachable");
    await registry.setFaults({ kind: "status", status: 404 });
    expect(await reasonOf(list("team/app", index))).toBe("ImageNotFound");
  });
});
