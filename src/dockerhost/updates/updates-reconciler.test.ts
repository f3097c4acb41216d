import { beforeAll, describe, expect, it, vi } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { settle } from "../../../test/support/fake-clock.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../../test/support/simulated-world.ts";
import { reasonEntry } from "../../api/reasons.ts";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

const UP_TO_DATE = ["UpdateCheckSucceeded=True CheckSucceeded", "UpdatesAvailable=False UpToDate"];
const DAY_MS = 24 * 3_600_000;

describe("UpdatesReconciler", () => {
  it("checks a host that is connected, within the budget of requests", async () => {
    const world = await SimulatedWorld.connected(keys);
    world.daemon.counters.reset();
    const requeue = await world.check();
    expect(world.updateConditions).toEqual(UP_TO_DATE);
    expect(world.host.status?.updates).toMatchObject({
      total: 1,
      upToDate: 1,
      items: [{ container: "web", image: `${world.registry.host}/shop/web:1`, verdict: "UpToDate" }],
    });
    expect(Math.abs((requeue.kind === "after" ? requeue.ms : 0) - DAY_MS)).toBeLessThanOrEqual(0.05 * DAY_MS);
    // Three of the connection pass make eight at most.
    expect(world.daemon.counters.requests()).toBeLessThanOrEqual(5);
    expect(world.takeEvents()).toEqual([]);
  });

  it("leaves the connection's part of the status as it is", async () => {
    const world = await SimulatedWorld.connected(keys);
    const before = world.host.status;
    await world.check();
    const { updates: _, conditions: all = [], ...rest } = world.host.status ?? {};
    expect({ ...rest, conditions: all.filter(({ type }) => !type.startsWith("Update")) }).toEqual(before);
  });

  it("does nothing until the next check is due", async () => {
    const world = await SimulatedWorld.checked(keys);
    world.registry.counters.reset();
    world.daemon.counters.reset();
    await world.clock.advance(3_600_000);
    expect(await world.check()).toMatchObject({ kind: "after" });
    expect(world.daemon.counters.requests() + world.registry.counters.requests()).toBe(0);
    await world.clock.advance(DAY_MS);
    await world.check();
    expect(world.registry.counters.requests()).toBeGreaterThan(0);
  });

  it("agrees on a version again with an engine that was replaced after the last connection pass", async () => {
    const world = await SimulatedWorld.connected(keys);
    const { updates: _, ...connection } = world.host.status ?? {};
    const newer = { ...connection, engine: { ...connection.engine, apiVersion: "1.99" } };
    await world.resources.saveStatus(world.host, "connection", newer);
    await world.check();
    expect(world.updateConditions).toEqual(UP_TO_DATE);
  });

  it("finds an update on request, and reports it once", async () => {
    const world = await SimulatedWorld.checked(keys);
    const running = world.host.status?.updates?.items?.[0]?.running;
    const pushed = world.registry.push("shop/web", "1");
    await world.request("first");
    await world.check();
    expect(world.updateConditions).toEqual([
      "UpdateCheckSucceeded=True CheckSucceeded",
      "UpdatesAvailable=True UpdatesFound",
    ]);
    expect(world.host.status?.updates).toMatchObject({
      outdated: 1,
      lastHandledRequestedAt: "first",
      items: [{ container: "web", verdict: "Outdated", running, available: pushed, answeredBy: "Operator" }],
    });
    expect(world.takeEvents()).toEqual(["Normal UpdatesFound"]);
    await world.request("second");
    await world.check();
    expect(world.takeEvents()).toEqual([]);
  });

  it("asks the registry again for a request, and not for anything less", async () => {
    const world = await SimulatedWorld.checked(keys);
    world.registry.counters.reset();
    await world.setSpec({ interval: "10m" });
    await world.connect();
    await world.check();
    expect(world.updateConditions).toEqual(UP_TO_DATE);
    expect(world.registry.counters.requests()).toBe(0);
    await world.request("now");
    await world.check();
    expect(world.registry.counters.requests()).toBe(1);
  });

  it("says about a generation that is not connected yet that it was not attempted, once", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.setSpec({ interval: "10m" });
    expect(await world.check()).toEqual({ kind: "done" });
    expect(world.updateConditions).toEqual([
      "UpdateCheckSucceeded=Unknown NotAttempted",
      "UpdatesAvailable=Unknown NotAttempted",
    ]);
    expect(world.host.status?.updates).toMatchObject({ upToDate: 1 });
    const { resourceVersion } = world.host.metadata;
    await world.check();
    expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
  });

  it("keeps the last answer while the host is down", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.daemon.setFaults({ kind: "refuse" });
    await world.connect();
    await world.clock.advance(2 * DAY_MS);
    expect(await world.check()).toEqual({ kind: "done" });
    expect(world.updateConditions).toEqual(UP_TO_DATE);
    expect(world.host.status?.updates).toMatchObject({ upToDate: 1 });
  });

  it("keeps the last answer when the containers cannot be listed, and tries again soon", async () => {
    const world = await SimulatedWorld.checked(keys);
    const before = world.host.status?.updates;
    const headers = { "Api-Version": "1.52", Server: "Docker/29.0.0 (linux)", "Content-Type": "application/json" };
    await world.daemon.setFaults({
      kind: "status",
      status: 500,
      path: "/containers/json",
      body: '{"message":"busy"}',
      headers,
    });
    await world.clock.advance(2 * DAY_MS);
    expect(await world.check()).toEqual({ kind: "after", ms: 60_000 });
    expect(world.updateConditions).toEqual([
      "UpdateCheckSucceeded=False DaemonError",
      "UpdatesAvailable=Unknown CheckIncomplete",
    ]);
    expect(world.host.status?.updates).toMatchObject({ items: before?.items, lastCheckTime: before?.lastCheckTime });
    expect(world.takeEvents()).toEqual(["Warning DaemonError"]);
    await world.clock.advance(60_000);
    expect(await world.check()).toEqual({ kind: "after", ms: 120_000 });
    await world.daemon.setFaults();
    await world.clock.advance(120_000);
    await world.check();
    expect(world.updateConditions).toEqual(UP_TO_DATE);
    expect(world.takeEvents()).toEqual(["Normal CheckSucceeded"]);
  });

  it("checks again immediately when a Secret appears that a failed check missed", async () => {
    const world = await SimulatedWorld.connected(keys);
    await world.setSecret("registry-ca", undefined);
    await world.check();
    expect(world.updateConditions[0]).toBe("UpdateCheckSucceeded=False RegistrySecretNotFound");
    expect(world.host.status?.updates?.items?.[0]).toMatchObject({
      verdict: "Failed",
      reason: "RegistrySecretNotFound",
      message: `Secret "registry-ca" does not exist in namespace "fleet". ${reasonEntry("RegistrySecretNotFound").fix}`,
    });
    expect(await world.check()).toMatchObject({ kind: "after" });
    await world.setSecret("registry-ca", { "ca.crt": keys.authority.certPem });
    world.updates.checkAgain("fleet/edge-7");
    await world.check();
    expect(world.updateConditions).toEqual(UP_TO_DATE);
  });

  describe("pull Secrets", () => {
    it("that are missing fail the images that they may be for", async () => {
      const world = await SimulatedWorld.connected(keys);
      const { updateCheck } = world.host.spec as { updateCheck: object };
      await world.setSpec({ updateCheck: { ...updateCheck, imagePullSecrets: [{ name: "regcred" }] } });
      await world.connect();
      await world.check();
      expect(world.updateConditions[0]).toBe("UpdateCheckSucceeded=False PullSecretNotFound");
      const auths = { [world.registry.host]: { username: "robot", password: "CANARY" } };
      await world.setSecret("regcred", { ".dockerconfigjson": JSON.stringify({ auths }) });
      world.updates.checkAgain("fleet/edge-7");
      await world.check();
      expect(world.updateConditions).toEqual(UP_TO_DATE);
      expect(JSON.stringify([world.host.status, world.events])).not.toContain("CANARY");
    });
  });

  describe("while a registry hangs", () => {
    async function hanging() {
      const world = await SimulatedWorld.connected(keys);
      await world.registry.setFaults({ kind: "silent" });
      world.registry.counters.reset();
      const interrupt = new AbortController();
      const check = world.check(interrupt.signal);
      await eventually(() => expect(world.registry.counters.connections).toBe(1));
      return { world, check, interrupt };
    }

    it("gives up at the timeout of the check", async () => {
      const { world, check } = await hanging();
      await world.clock.advance(300_000);
      await check;
      expect(world.updateConditions[0]).toMatch(/^UpdateCheckSucceeded=False (CheckTimedOut|RegistryTimedOut)$/);
      expect(world.host.status?.updates).toMatchObject({ failed: 1 });
    });

    it("writes and reports nothing when it is interrupted, and is still due", async () => {
      const { world, check, interrupt } = await hanging();
      const { resourceVersion } = world.host.metadata;
      interrupt.abort(new Error("a Secret changed"));
      await expect(check).rejects.toThrow("a Secret changed");
      expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
      await world.registry.setFaults();
      await world.check();
      expect(world.updateConditions).toEqual(UP_TO_DATE);
      await settle();
      expect(world.takeEvents()).toEqual([]);
    });
  });

  it("does not forget, over an interrupted check, that a Secret has changed", async () => {
    const world = await SimulatedWorld.connected(keys);
    await world.setSecret("registry-ca", undefined);
    await world.check();
    await world.setSecret("registry-ca", { "ca.crt": keys.authority.certPem });
    world.updates.checkAgain("fleet/edge-7");
    const interrupt = new AbortController();
    await world.daemon.setFaults({ kind: "hang", path: "/containers/json" });
    world.daemon.counters.reset();
    const check = world.check(interrupt.signal);
    await eventually(() => expect(world.daemon.counters.requests()).toBe(1));
    interrupt.abort(new Error("interrupted"));
    await expect(check).rejects.toThrow("interrupted");
    await world.daemon.setFaults();
    await world.check();
    expect(world.updateConditions).toEqual(UP_TO_DATE);
  });

  it("stays suspended by either field, and continues after", async () => {
    const world = await SimulatedWorld.checked(keys);
    world.registry.counters.reset();
    await world.setSpec({ suspend: true });
    expect(await world.check()).toEqual({ kind: "done" });
    expect(world.updateConditions).toEqual(UP_TO_DATE);
    await world.setSpec({ updateCheck: { suspend: true } });
    await world.connect();
    expect(await world.check()).toEqual({ kind: "done" });
    expect(world.updateConditions).toEqual([
      "UpdateCheckSucceeded=Unknown Suspended",
      "UpdatesAvailable=Unknown Suspended",
    ]);
    expect(world.registry.counters.requests()).toBe(0);
    await world.setSpec({});
    await world.connect();
    await world.check();
    expect(world.updateConditions).toEqual(UP_TO_DATE);
  });

  it("says that a spec that does not fit was not attempted", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.setSpec({ interval: "soon" });
    await world.check();
    expect(world.updateConditions).toEqual([
      "UpdateCheckSucceeded=Unknown NotAttempted",
      "UpdatesAvailable=Unknown NotAttempted",
    ]);
  });

  it("forgets a host that is gone", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.removeHost();
    expect(await world.check()).toEqual({ kind: "done" });
  });

  it("reports nothing that could not be stored", async () => {
    const world = await SimulatedWorld.checked(keys);
    world.registry.push("shop/web", "1");
    await world.request("now");
    vi.spyOn(world.resources, "saveStatus").mockRejectedValueOnce(new Error("no API server"));
    await expect(world.check()).rejects.toThrow("no API server");
    expect(world.takeEvents()).toEqual([]);
    await world.check();
    expect(world.takeEvents()).toEqual(["Normal UpdatesFound"]);
  });
});
