import { afterEach, describe, expect, it } from "vitest";
import { pullImage } from "../../test/sim/pull.ts";
import { type SimRegistry, startSimRegistry } from "../../test/sim/registry.ts";
import { AGE, container, HOST, pulled, sha } from "../../test/support/check-facts.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { failed } from "../api/failure.ts";
import { openGuard } from "../common/dial-guard.ts";
import { success } from "../common/result.ts";
import { RegistryClient } from "../registry/client.ts";
import { RegistryConnections } from "../registry/connections.ts";
import { RegistryResolver } from "../registry/resolver.ts";
import { SYSTEM_TRUST } from "../registry/trust.ts";
import { type CheckRegistry, checkHost } from "./check.ts";
import type { ImageFacts } from "./facts.ts";
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

describe("a host that names a thousand registries", () => {
  it("has few of them asked at once, and all of them in the end", async () => {
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
      listIndex: async () => success([]),
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
