import { describe, expect, it } from "vitest";
import { createRegistryClient, startRegistry } from "../../test/support/registry-client.ts";
import { contentDigest } from "./image-manifest.ts";
import type { RegistryCredential } from "./registry-credentials.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const SIGNAL = new AbortController().signal;
const BODY = '{"schemaVersion":2,"manifests":[]}';
const DIGEST = contentDigest(Buffer.from(BODY));
const HEAD = "HEAD /v2/{name}/manifests/{reference}";
const GET = "GET /v2/{name}/manifests/{reference}";
const HOUR = 3_600_000;

async function setUp() {
  const registry = await startRegistry();
  registry.push("team/app", "1");
  const { clock, client } = createRegistryClient();
  const target = (credential?: RegistryCredential) => ({
    domain: registry.host,
    path: "team/app",
    access: { trust: SYSTEM_TRUST, insecure: true, ...(credential !== undefined && { credential }) },
  });
  return {
    clock,
    registry,
    /** From now on every answer is this one, and reports how many pulls are left. */
    answerWith: (pulls: string, headers: Record<string, string> = { "Docker-Content-Digest": DIGEST }) =>
      registry.setFaults({
        kind: "status",
        status: 200,
        body: BODY,
        headers: { "RateLimit-Remaining": pulls, ...headers },
      }),
    resolve: () => client.resolveTag(target(), "1", SIGNAL),
    listTags: () => client.listTags(target(), SIGNAL),
    openManifest: (credential?: RegistryCredential) => client.openManifest(target(credential), DIGEST, SIGNAL),
  };
}

describe("with few pulls left", () => {
  it("an account does not pull, and continues asking by HEAD", async () => {
    const { clock, registry, answerWith, resolve, openManifest } = await setUp();
    await answerWith("9;w=21600");
    expect((await resolve()).ok).toBe(true);
    const held = await openManifest();
    const retryAt = clock.now() + HOUR;
    expect(held).toMatchObject({ ok: false, failure: { reason: "RegistryRateLimited", retryAt } });
    expect(!held.ok && held.failure.message).toContain("the next try is made after 2026-01-01T01:00:00Z");
    expect((await resolve()).ok).toBe(true);
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 2 });
  });

  it("no digest is read with GET if HEAD leaves it out", async () => {
    const { registry, answerWith, resolve } = await setUp();
    await answerWith("0;w=21600", {});
    expect(await resolve()).toMatchObject({ ok: false, failure: { reason: "RegistryRateLimited" } });
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 1 });
  });

  it("another account may pull, and tags may be listed", async () => {
    const { answerWith, resolve, openManifest, listTags } = await setUp();
    await answerWith("9");
    await resolve();
    expect((await openManifest({ kind: "basic", username: "u", password: "p" })).ok).toBe(true);
    // What is sent is not a list of tags, but it was requested.
    expect(await listTags()).toMatchObject({ ok: false, failure: { reason: "RegistryBadResponse" } });
  });

  it("it pulls again when the registry says that there are more, or has said nothing for an hour", async () => {
    const { clock, registry, answerWith, resolve, openManifest } = await setUp();
    await answerWith("9");
    await resolve();
    expect((await openManifest()).ok).toBe(false);
    await answerWith("10");
    await resolve();
    expect((await openManifest()).ok).toBe(true);
    await answerWith("3");
    await resolve();
    await clock.advance(HOUR - 1);
    expect((await openManifest()).ok).toBe(false);
    await clock.advance(1);
    expect((await openManifest()).ok).toBe(true);
    expect(registry.counters.requests(GET)).toBe(2);
  });
});

it("a registry that reports nothing about pulls gets as many requests as are needed", async () => {
  const { registry, answerWith, openManifest } = await setUp();
  await answerWith("unlimited");
  for (let i = 0; i < 3; i++) expect((await openManifest()).ok).toBe(true);
  expect(registry.counters.requests(GET)).toBe(3);
});
