import { beforeAll, describe, expect, it } from "vitest";
import { pullImage } from "../../../test/sim/pull.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../../test/support/simulated-world.ts";

const MINUTE_MS = 60_000;
let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

/** A connected host with these differences in spec.updateCheck, whose daemon says what its registry has. */
async function connectedWith(updateCheck: object) {
  const world = await SimulatedWorld.connected(keys, updateCheck);
  const asked: { readonly image: string; readonly auth: string | undefined }[] = [];
  world.daemon.setContents({
    distribution(image, auth) {
      asked.push({ image, auth });
      const [, path = "", tag = ""] = /^[^/]+\/(.+?)[:@](.+)$/.exec(image) ?? [];
      const found = world.registry.find(path, tag);
      if (found === undefined) return [404, { message: "manifest unknown" }];
      const { digest, mediaType, size } = found;
      return [200, { Descriptor: { digest, mediaType, size }, Platforms: null }];
    },
  });
  world.registry.counters.reset();
  return { world, asked };
}

const item = (world: SimulatedWorld) => world.host.status?.updates?.items?.[0];
describe("resolveFrom", () => {
  it("Host has the daemon asked, once for each image and interval, and no registry by the operator", async () => {
    const { world, asked } = await connectedWith({ resolveFrom: "Host", interval: "10h" });
    await world.check();
    expect(item(world)).toMatchObject({ verdict: "UpToDate", answeredBy: "Host" });
    expect(asked).toEqual([{ image: `${world.registry.host}/shop/web:1`, auth: undefined }]);
    const available = world.registry.push("shop/web", "1");
    await world.request("now");
    await world.check();
    expect(item(world)).toMatchObject({
      verdict: "Outdated",
      available,
      answeredBy: "Host",
      message: expect.stringContaining("reports only the digest of the tag"),
    });
    // This daemon does not say where the image came from: that the registry has what runs is asked for once.
    await world.request("again");
    await world.check();
    const tags = asked.map(({ image }) => image.replace(/^.*web/, ""));
    expect(tags).toEqual([":1", ":1", expect.stringMatching(/^@sha256:/), ":1", tags[2]]);
    expect(world.registry.counters.requests()).toBe(0);
  });

  it("Host does not ask again for a known answer, while another image is tried again", async () => {
    const { world, asked } = await connectedWith({ resolveFrom: "Host" });
    const image = pullImage(world.registry, "shop/web", "1");
    const gone = {
      ...image,
      tags: [`${world.registry.host}/shop/gone:1`],
      pulledFrom: [`${world.registry.host}/shop/gone`],
    };
    const other = {
      ...gone,
      configDigest: `sha256:${"d".repeat(64)}`,
      target: { ...image.target, digest: `sha256:${"e".repeat(64)}` },
    };
    world.daemon.setContents({
      images: [image, other],
      containers: [
        { id: "7".repeat(64), name: "web", image: image.tags[0] ?? "", runs: image },
        { id: "8".repeat(64), name: "gone", image: other.tags[0] ?? "", runs: other },
      ],
    });
    await world.check();
    expect(world.updateConditions[0]).toBe("UpdateCheckSucceeded=False PartiallyFailed");
    await world.clock.advance(MINUTE_MS);
    // A Secret that the check reads has changed: a failed check is made again.
    world.updates.checkAgain("fleet/edge-7");
    await world.check();
    expect(asked.map(({ image: name }) => name.replace(/^.*\//, ""))).toEqual(["web:1", "gone:1", "gone:1"]);
  });

  it("Host sends the pull credentials along, as daemons want them", async () => {
    const { world, asked } = await connectedWith({ resolveFrom: "Host", imagePullSecrets: [{ name: "regcred" }] });
    const credentials = { username: "robot", password: "pass>>>word???" };
    await world.setSecret("regcred", {
      ".dockerconfigjson": JSON.stringify({ auths: { [world.registry.host]: credentials } }),
    });
    await world.check();
    const [{ auth = "" } = {}] = asked;
    expect(JSON.parse(Buffer.from(auth, "base64url").toString())).toEqual(credentials);
    expect(auth).toMatch(/^[A-Za-z0-9_-]+=*$/);
    expect(auth.length % 4).toBe(0);
    expect(JSON.stringify(world.host.status)).not.toContain("pass>>>");
  });

  it.each([
    ["as they are", "hunter2-hunter2"],
    ["in base64", Buffer.from("robot:hunter2-hunter2").toString("base64")],
    ["in a URL", encodeURIComponent("p%ss/word?=1")],
  ])("shows no pull credentials that a daemon sends back %s, wherever it puts them", async (_, echo) => {
    const { world } = await connectedWith({ resolveFrom: "Host", imagePullSecrets: [{ name: "regcred" }] });
    const password = echo.includes("%") ? "p%ss/word?=1" : "hunter2-hunter2";
    const auths = { [world.registry.host]: { username: "robot", password } };
    await world.setSecret("regcred", { ".dockerconfigjson": JSON.stringify({ auths }) });
    const image = pullImage(world.registry, "shop/web", "1");
    world.daemon.setContents({
      images: [image],
      containers: [{ id: "7".repeat(64), name: `web-${echo}`, image: image.tags[0] ?? "", runs: image }],
      distribution: () => [500, { message: `no idea what to do with ${echo}` }],
    });
    await world.check();
    expect(item(world)).toMatchObject({ container: "web-[redacted]", verdict: "Failed" });
    expect(item(world)?.message).toContain("what to do with [redacted]");
    expect(JSON.stringify([world.host.status, world.events])).not.toContain(echo);
  });

  it("Host sends no credentials where others could read them on the way", async () => {
    const { world, asked } = await connectedWith({ resolveFrom: "Host", imagePullSecrets: [{ name: "regcred" }] });
    await world.setSecret("regcred", {
      ".dockerconfigjson": JSON.stringify({ auths: { [world.registry.host]: { username: "a", password: "b" } } }),
    });
    const unverified = { verify: false, certSecretRef: { name: "tls" } };
    const host = `https://127.0.0.1:${world.daemon.port}`;
    await world.setSpec({ ...(world.host.spec as object), host, tls: unverified });
    await world.connect();
    await world.check();
    expect(item(world)).toMatchObject({ verdict: "Failed", reason: "RegistryCredentialsWithheld" });
    expect(asked).toEqual([]);
  });

  it("Host waits where the registry has had enough, and asks it for nothing else", async () => {
    const { world } = await connectedWith({ resolveFrom: "Host" });
    let calls = 0;
    world.daemon.setContents({ distribution: () => [429, { message: `toomanyrequests: slow down ${++calls}` }] });
    await world.check();
    expect(item(world)).toMatchObject({ verdict: "Failed", reason: "RegistryRateLimited" });
    await world.request("impatient");
    await world.check();
    expect(calls).toBe(1);
  });

  it("Auto asks the registry itself where it can", async () => {
    const { world, asked } = await connectedWith({ resolveFrom: "Auto" });
    await world.check();
    expect(item(world)).toMatchObject({ verdict: "UpToDate", answeredBy: "Operator" });
    expect(asked).toEqual([]);
  });

  it.each<readonly [string, (world: SimulatedWorld) => Promise<void>]>([
    ["is down", (world) => world.registry.setFaults({ kind: "refuse" })],
    ["is not trusted", (world) => world.setSecret("registry-ca", { "ca.crt": keys.foreign["ca.pem"] ?? "" })],
  ])("Auto asks the daemon where the registry %s from here", async (_, spoil) => {
    const { world } = await connectedWith({ resolveFrom: "Auto" });
    await spoil(world);
    await world.check();
    expect(item(world)).toMatchObject({ verdict: "UpToDate", answeredBy: "Host" });
    expect(world.updateConditions[0]).toBe("UpdateCheckSucceeded=True CheckSucceeded");
  });

  it.each([401, 404, 429, 503])("Auto takes a registry's %i for its answer", async (status) => {
    const { world, asked } = await connectedWith({ resolveFrom: "Auto" });
    await world.registry.setFaults({ kind: "status", status });
    await world.check();
    expect(item(world)).toMatchObject({ verdict: "Failed" });
    expect(asked).toEqual([]);
  });

  it("Auto reports both failures if neither can answer", async () => {
    const { world } = await connectedWith({ resolveFrom: "Auto" });
    await world.registry.setFaults({ kind: "refuse" });
    world.daemon.setContents({ distribution: () => [500, { message: "dial tcp: lookup r: no such host" }] });
    await world.check();
    expect(item(world)).toMatchObject({
      verdict: "Failed",
      reason: "RegistryUnreachable",
      message: expect.stringMatching(/the connection was refused.*The host could not say either: .*cannot be resolved/),
    });
  });

  it("says which switch is missing where a proxy denies it, and checks again once it is set", async () => {
    const { world, asked } = await connectedWith({ resolveFrom: "Host" });
    const denied = { kind: "status", status: 403, path: "/distribution/", body: "Forbidden" } as const;
    await world.daemon.setFaults(denied);
    const spec = world.host.spec as { updateCheck: object };
    await world.setSpec({ ...spec, interval: "1m", apiVersion: "1.50" });
    await world.resources.saveStatus(world.host, "connection", { ...world.host.status, capabilities: {} });
    await world.connect();
    expect(world.host.status?.capabilities).toMatchObject({ distribution: false });
    await world.check();
    expect(item(world)).toMatchObject({
      reason: "DistributionUnavailable",
      message: expect.stringContaining("DISTRIBUTION=1"),
    });
    expect(asked).toEqual([]);
    await world.clock.advance(MINUTE_MS);
    await world.check();
    expect(item(world)).toMatchObject({ reason: "DistributionUnavailable" });
    await world.daemon.setFaults();
    await world.connect();
    expect(world.host.status?.capabilities).toMatchObject({ distribution: true });
    await world.check();
    expect(item(world)).toMatchObject({ verdict: "UpToDate", answeredBy: "Host" });
  });
});
