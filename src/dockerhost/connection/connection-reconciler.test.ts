import { beforeAll, describe, expect, it, vi } from "vitest";
import { answerProblems } from "../../../test/support/condition-checker.ts";
import { summaries } from "../../../test/support/docker-host.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../../test/support/simulated-world.ts";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

const connected = () => SimulatedWorld.startConnected(keys);
const ready = (world: SimulatedWorld) => summaries(world.host.status?.conditions)[0];

describe("ConnectionReconciler", () => {
  it("connects over mutual TLS, and describes what it found", async () => {
    const world = await SimulatedWorld.start(keys);
    const requeue = await world.connect();
    const { status = {} } = world.host;
    expect(summaries(status.conditions)).toEqual([
      "Ready=True Succeeded",
      "CredentialsValid=True CredentialsLoaded",
      "Connected=True ConnectionEstablished",
      "CertificateExpiring=False CertificatesCurrent",
    ]);
    expect(answerProblems(world.host)).toEqual([]);
    expect(status).toMatchObject({
      endpoint: `https://127.0.0.1:${world.daemon.port}`,
      tlsMode: "Mutual",
      engine: { hostname: "edge-7", version: "29.0.0", apiVersion: "1.52", os: "linux", imageStore: "containerd" },
      certificates: {
        server: { subject: "CN=daemon", issuer: "CN=CA" },
        client: { subject: "CN=operator" },
        ca: { subject: "CN=CA" },
      },
    });
    expect(world.takeEvents()).toEqual(["Normal Succeeded"]);
    expect(requeue).toEqual({ kind: "after", ms: 300_000 });
  });

  it("stores the result for a new generation in one write", async () => {
    const world = await connected();
    const seen: string[] = [];
    await world.setSpec({ interval: "10m" });
    world.resources.hosts.subscribe(() => seen.push(`${world.host.status?.observedGeneration} ${ready(world)}`));
    await world.connect();
    expect(seen).toEqual(["2 Ready=True Succeeded"]);
  });

  it("says that a new generation is being processed if that takes more than a second", async () => {
    const world = await connected();
    await world.daemon.setFaults({ kind: "silent" });
    world.daemon.counters.reset();
    await world.setSpec({ interval: "10m" });
    const seen: string[] = [];
    world.resources.hosts.subscribe(() => seen.push(`${world.host.status?.observedGeneration} ${ready(world)}`));
    const pass = world.connect();
    await eventually(() => expect(world.daemon.counters.connections).toBe(1));
    await world.clock.advance(999);
    expect(seen).toEqual([]);
    await world.clock.advance(1);
    expect(seen).toEqual(["1 Ready=Unknown Progressing"]);
    await world.clock.advance(29_000);
    await pass;
    expect(seen).toEqual(["1 Ready=Unknown Progressing", "2 Ready=False ConnectionTimedOut"]);
  });

  it("writes and reports nothing if nothing has changed, and keeps to its budget of requests", async () => {
    const world = await connected();
    const { resourceVersion } = world.host.metadata;
    world.daemon.counters.reset();
    await world.clock.advance(300_000);
    await world.connect();
    expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
    expect(world.takeEvents()).toEqual([]);
    expect(world.daemon.counters).toMatchObject({ connections: 1, handshakes: 1 });
    expect(world.daemon.counters.requests()).toBe(3);
  });

  it("shows a daemon that is down, and its return, and keeps what it saw", async () => {
    const world = await connected();
    await world.daemon.setFaults({ kind: "refuse" });
    expect(await world.connect()).toMatchObject({ kind: "backoff" });
    expect(ready(world)).toBe("Ready=False ConnectionRefused");
    expect(world.host.status?.engine?.version).toBe("29.0.0");
    await world.daemon.setFaults();
    await world.connect();
    expect(ready(world)).toBe("Ready=True Succeeded");
    expect(world.takeEvents()).toEqual(["Warning ConnectionRefused", "Normal Succeeded"]);
  });

  it("gives up at the timeout of the spec", async () => {
    const world = await connected();
    await world.daemon.setFaults({ kind: "silent" });
    world.daemon.counters.reset();
    const pass = world.connect();
    await eventually(() => expect(world.daemon.counters.connections).toBe(1));
    await world.clock.advance(30_000);
    await pass;
    expect(ready(world)).toBe("Ready=False ConnectionTimedOut");
  });

  it("is Stalled by a spec that does not fit, and by an endpoint that cannot be used", async () => {
    const world = await connected();
    await world.setSpec({ interval: "soon" });
    await world.connect();
    expect(summaries(world.host.status?.conditions).slice(0, 2)).toEqual([
      "Ready=False InvalidSpec",
      "Stalled=True InvalidSpec",
    ]);
    await world.setSpec({ host: "tcp://127.0.0.1:99999" });
    await world.connect();
    expect(summaries(world.host.status?.conditions).slice(0, 2)).toEqual([
      "Ready=False InvalidEndpoint",
      "Stalled=True InvalidEndpoint",
    ]);
    expect(answerProblems(world.host)).toEqual([]);
  });

  it("echoes a request once it was answered", async () => {
    const world = await connected();
    await world.request("now");
    await world.connect();
    expect(world.host.status?.lastHandledRequestedAt).toBe("now");
  });

  describe("a suspended host", () => {
    it("is not processed, and keeps its state if only `suspend` changed", async () => {
      const world = await connected();
      world.daemon.counters.reset();
      await world.setSpec({ suspend: true });
      expect(await world.connect()).toEqual({ kind: "done" });
      expect(ready(world)).toBe("Ready=True Succeeded");
      expect(world.host.status?.observedGeneration).toBe(2);
      await world.setSpec({ suspend: true, interval: "10m" });
      await world.connect();
      expect(ready(world)).toBe("Ready=Unknown Suspended");
      expect(world.daemon.counters.connections).toBe(0);
      await world.setSpec({ interval: "10m" });
      await world.connect();
      expect(ready(world)).toBe("Ready=True Succeeded");
      expect(world.takeEvents()).toEqual(["Normal Succeeded"]);
    });

    it("stays as it is over further passes", async () => {
      const world = await connected();
      await world.setSpec({ suspend: true });
      await world.connect();
      const { resourceVersion } = world.host.metadata;
      await world.connect();
      expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
    });
  });

  describe("a pass that is cut short", () => {
    async function hanging() {
      const world = await connected();
      await world.daemon.setFaults({ kind: "silent" });
      world.daemon.counters.reset();
      const { resourceVersion } = world.host.metadata;
      const interrupt = new AbortController();
      const pass = world.connect(interrupt.signal);
      await eventually(() => expect(world.daemon.counters.connections).toBe(1));
      return { world, pass, interrupt, resourceVersion };
    }

    it("has found out nothing: it rejects, and writes and reports nothing", async () => {
      const { world, pass, interrupt, resourceVersion } = await hanging();
      interrupt.abort(new Error("the host changed"));
      await expect(pass).rejects.toThrow("the host changed");
      expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
      expect(world.takeEvents()).toEqual([]);
      expect(world.clock.pending).toBe(0);
    });

    it("leaves no trace of a host that was deleted meanwhile", async () => {
      const { world, pass } = await hanging();
      await world.removeHost();
      await world.clock.advance(30_000);
      await pass;
      expect(world.resources.hosts.size).toBe(0);
      expect(await world.connect()).toEqual({ kind: "done" });
    });
  });

  it("reports nothing that could not be stored, and reports it once it is", async () => {
    const world = await connected();
    await world.daemon.setFaults({ kind: "refuse" });
    const save = vi.spyOn(world.resources, "saveStatus").mockRejectedValueOnce(new Error("no API server"));
    await expect(world.connect()).rejects.toThrow("no API server");
    expect(world.takeEvents()).toEqual([]);
    await world.connect();
    expect(world.takeEvents()).toEqual(["Warning ConnectionRefused"]);
    expect(save).toHaveBeenCalledTimes(2);
  });
});
