import { afterEach, describe, expect, it } from "vitest";
import { pullImage } from "../../test/sim/pull.ts";
import { type SimRegistry, startSimRegistry } from "../../test/sim/registry.ts";
import { AGE, container, HOST, pulled, sha } from "../../test/support/check-facts.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { failed } from "../api/failure.ts";
import { openGuard } from "../common/dial-guard.ts";
import { success } from "../common/result.ts";
import type { ImageFacts } from "../docker/facts.ts";
import { RegistryClient } from "../registry/client.ts";
import { RegistryConnections } from "../registry/connections.ts";
import { RegistryResolver } from "../registry/resolver.ts";
import { SYSTEM_TRUST } from "../registry/trust.ts";
import { type CheckRegistry, checkHost } from "./check-containers.ts";
import { registryPort } from "./registry-port.ts";

const { signal } = new AbortController();

describe("checkHost with a registry", () => {
  const registries: SimRegistry[] = [];
  const connections = new RegistryConnections({ systemRoots: [], guard: openGuard() });
  afterEach(async () => {
    connections.close();
    await Promise.all(registries.splice(0).map((registry) => registry.close()));
  });

  it("follows a tag that moves, from index to index", async () => {
    const registry = await startSimRegistry();
    registries.push(registry);
    const clock = new FakeClock();
    const resolver = new RegistryResolver({
      client: new RegistryClient({ connections, clock, random: () => 0.5 }),
      clock,
    });
    const platforms = [{ os: "linux", architecture: "amd64" }];
    registry.push("team/app", "1", { platforms });
    const image = pullImage(registry, "team/app", "1");
    const name = `${registry.host}/team/app`;
    const check = () =>
      checkHost({
        containers: [container("web", `${name}:1`, image.configDigest)],
        images: [{ id: image.configDigest, repoTags: [`${name}:1`], repoDigests: [`${name}@${image.target.digest}`] }],
        host: HOST,
        age: AGE,
        registry: registryPort({
          resolver,
          accessFor: () => success({ trust: SYSTEM_TRUST, insecure: true }),
          maxAgeMs: 0,
        }),
        signal,
      });
    expect((await check()).items).toMatchObject([{ verdict: "UpToDate", running: image.target.digest }]);
    const available = registry.push("team/app", "1", { platforms });
    expect((await check()).items).toMatchObject([{ verdict: "Outdated", running: image.target.digest, available }]);
  });
});

describe("what a check asks for", () => {
  const connections = new RegistryConnections({ systemRoots: [], guard: openGuard() });
  const registries: SimRegistry[] = [];
  afterEach(async () => {
    connections.close();
    await Promise.all(registries.splice(0).map((registry) => registry.close()));
  });
  const HEAD = "HEAD /v2/{name}/manifests/{reference}";
  const GET = "GET /v2/{name}/manifests/{reference}";
  const [AMD64, ARM64, ATTESTATION] = [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64" },
    { os: "unknown", architecture: "unknown" },
  ];

  /** Hosts with a graph driver and twenty containers of one image for arm64, on amd64. */
  async function setUp() {
    const registry = await startSimRegistry();
    registries.push(registry);
    const clock = new FakeClock();
    const client = new RegistryClient({ connections, clock, random: () => 0.5 });
    const resolver = new RegistryResolver({ client, clock });
    const push = (contents: Readonly<Record<string, string>>) =>
      registry.push("team/app", "1", {
        platforms: [AMD64, ARM64, ATTESTATION],
        content: ({ architecture }) => contents[architecture] ?? "",
      });
    push({ amd64: "a", arm64: "b", unknown: "c" });
    const { configDigest, target } = pullImage(registry, "team/app", "1", ARM64);
    const name = `${registry.host}/team/app`;
    const inspected: string[] = [];
    const check = async () => {
      registry.counters.reset();
      inspected.splice(0);
      const { counts } = await checkHost({
        containers: Array.from({ length: 20 }, (_, n) => container(`web-${n}`, `${name}:1`, configDigest)),
        images: [{ id: configDigest, repoTags: [`${name}:1`], repoDigests: [`${name}@${target.digest}`] }],
        host: HOST,
        platformOf: async (imageId) => {
          inspected.push(imageId);
          return success(ARM64);
        },
        age: AGE,
        registry: registryPort({
          resolver,
          accessFor: () => success({ trust: SYSTEM_TRUST, insecure: true }),
          maxAgeMs: 1,
        }),
        signal,
      });
      await clock.advance(1);
      return { ...counts, requests: registry.counters.byRoute(), inspected: inspected.length };
    };
    return { push, check };
  }

  it("is the tag only, while nothing has changed", async () => {
    const { check } = await setUp();
    expect(await check()).toMatchObject({ upToDate: 20, requests: { [HEAD]: 1 }, inspected: 0 });
    expect(await check()).toMatchObject({ upToDate: 20, requests: { [HEAD]: 1 }, inspected: 0 });
  });

  it.each([
    ["another platform", { amd64: "new", arm64: "b", unknown: "c" }, { upToDate: 20, outdated: 0 }],
    ["an attestation", { amd64: "a", arm64: "b", unknown: "new" }, { upToDate: 20, outdated: 0 }],
    ["the image's own platform", { amd64: "a", arm64: "new", unknown: "c" }, { upToDate: 0, outdated: 20 }],
  ])("is the new index, its part and the image once, when %s changed", async (_, contents, counts) => {
    const { push, check } = await setUp();
    push(contents);
    expect(await check()).toMatchObject({ ...counts, requests: { [HEAD]: 1, [GET]: 2 }, inspected: 1 });
    // What a digest names does not change.
    expect(await check()).toMatchObject({ ...counts, requests: { [HEAD]: 1 }, inspected: 1 });
  });
});

describe("a host that names a thousand registries", () => {
  it("asks only a few at the same time, and all of them in the end", async () => {
    const names = Array.from({ length: 1_000 }, (_, n) => `r${n}.example:5000/app:1`);
    let [asking, most, asked] = [0, 0, 0];
    const registry: CheckRegistry = {
      async resolve() {
        most = Math.max(most, ++asking);
        asked++;
        await Promise.resolve();
        asking--;
        return failed("ImageNotFound", "not there");
      },
      openManifest: async () => success({ children: [] }),
      holds: async () => success(true),
      isAnonymous: () => true,
    };
    const images = names.map(
      (name, n): ImageFacts => ({ ...pulled(name, n), repoDigests: [`${name.slice(0, -2)}@${sha(n)}`] }),
    );
    const containers = names.map((name, n) => container(`c${n}`, name, sha(1_000 + n)));
    const report = await checkHost({ containers, images, host: HOST, age: AGE, registry, signal });
    expect({ asked, failed: report.counts.failed }).toEqual({ asked: 1_000, failed: 1_000 });
    expect(most).toBeLessThanOrEqual(8);
  });
});
