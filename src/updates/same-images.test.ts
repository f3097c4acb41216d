import { beforeAll, describe, expect, it } from "vitest";
import { pullImage } from "../../test/sim/pull.ts";
import type { SimRegistry } from "../../test/sim/registry.ts";
import { type Authority, createAuthority, type KeyPair } from "../../test/support/pki.ts";
import { createRegistryClient, startRegistry } from "../../test/support/registry-client.ts";
import { success } from "../common/result.ts";
import type { RegistryAccess } from "../registry/access.ts";
import { checkHost } from "./check-containers.ts";
import { registryPort } from "./registry-port.ts";

const HOSTS = 200;
const IMAGES = 20;
const DAY_MS = 24 * 3_600_000;
const HEAD = "HEAD /v2/{name}/manifests/{reference}";
const TOKEN = "GET /token";
const USER = { username: "fleet", password: "secret" };

let ca: Authority;
let serving: KeyPair;

beforeAll(async () => {
  ca = await createAuthority({ commonName: "ca" });
  serving = await ca.issue({ commonName: "registry", ipAddresses: ["127.0.0.1"] });
});

async function setUp(isClosed = false) {
  const { clock, resolver } = createRegistryClient();
  const registry = await startRegistry({
    tls: { cert: serving.certPem, key: serving.keyPem },
    ...(isClosed && { auth: { mode: "bearer", ...USER } }),
  });
  const daemon = pullEverything(registry);
  /** One host's check; resolves to how many of its containers ended how. */
  const check = async (access: Partial<RegistryAccess> = {}) => {
    const accessFor = () => success({ trust: { roots: [ca.certPem] }, insecure: false, ...access });
    const { items } = await checkHost({
      ...daemon,
      host: { os: "linux", arch: "amd64" },
      age: { known: [], minimumAgeMs: 0, now: clock.now() },
      registry: registryPort({ resolver, accessFor, maxAgeMs: DAY_MS }),
      signal: new AbortController().signal,
    });
    const ends = Map.groupBy(items, (item) => item.reason ?? item.verdict);
    return Object.fromEntries([...ends].map(([end, all]) => [end, all.length]));
  };
  const checkAll = (access?: Partial<RegistryAccess>) =>
    Promise.all(Array.from({ length: HOSTS }, () => check(access)));
  return { clock, registry, check, checkAll };
}

/** What the daemon of each host reports: one container of each image of the registry. */
function pullEverything(registry: SimRegistry) {
  const images = Array.from({ length: IMAGES }, (_, index) => {
    const platforms = [{ os: "linux", architecture: "amd64" }];
    registry.push(`team/app-${index}`, "1", index % 2 === 0 ? { platforms } : {});
    const pulled = pullImage(registry, `team/app-${index}`, "1");
    const name = `${registry.host}/team/app-${index}`;
    return { id: pulled.configDigest, repoTags: [`${name}:1`], repoDigests: [`${name}@${pulled.target.digest}`] };
  });
  const containers = images.map(({ id, repoTags }, index) => ({
    id: `${index}`,
    name: `app-${index}`,
    image: repoTags[0] ?? "",
    imageId: id,
    state: "running",
    labels: {},
  }));
  return { images, containers };
}

describe("a fleet of which every host runs the same images", () => {
  it("costs the registry one request for each image and interval", async () => {
    const { clock, registry, checkAll } = await setUp();
    expect(await checkAll()).toEqual(Array(HOSTS).fill({ UpToDate: IMAGES }));
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: IMAGES });
    await clock.advance(DAY_MS - 1);
    await checkAll();
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: IMAGES });
    await clock.advance(1);
    await checkAll();
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 2 * IMAGES });
  });

  it("costs it one token for each repository where it gives out tokens", async () => {
    const { registry, checkAll } = await setUp(true);
    const credential = { kind: "basic", ...USER } as const;
    expect(await checkAll({ credential })).toEqual(Array(HOSTS).fill({ UpToDate: IMAGES }));
    // Each is asked for without a token first.
    expect(registry.counters.byRoute()).toEqual({ [HEAD]: 2 * IMAGES, [TOKEN]: IMAGES });
  });

  it("has no verdict decided by a host that trusts or shows more or less", async () => {
    const { registry, check, checkAll } = await setUp(true);
    const credential = { kind: "basic", ...USER } as const;
    const [untrusting, anonymous, wrong, fleet] = await Promise.all([
      check({ credential, trust: { roots: [] } }),
      check(),
      check({ credential: { ...credential, password: "wrong" } }),
      checkAll({ credential }),
    ]);
    expect(untrusting).toEqual({ RegistryCertificateUntrusted: IMAGES });
    expect(anonymous).toEqual({ RegistryCredentialsRequired: IMAGES });
    expect(wrong).toEqual({ RegistryAuthenticationFailed: IMAGES });
    expect(fleet).toEqual(Array(HOSTS).fill({ UpToDate: IMAGES }));
    registry.counters.reset();
    expect(await check({ credential, insecure: true })).not.toHaveProperty("UpToDate");
    expect(await check({ credential })).toEqual({ UpToDate: IMAGES });
    expect(registry.counters.requests()).toBe(0);
  });
});
