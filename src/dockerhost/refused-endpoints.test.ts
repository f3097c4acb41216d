import { beforeAll, describe, expect, it, vi } from "vitest";
import { answerProblems } from "../../test/support/condition-checker.ts";
import { condition, summaries } from "../../test/support/docker-host.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import {
  createWorldKeys,
  SimulatedWorld,
  type WorldKeys,
  type WorldPolicies,
} from "../../test/support/simulated-world.ts";
import { reasonEntry } from "../api/reasons.ts";
import { createDialGuard } from "../common/dial-guard.ts";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

const ready = (world: SimulatedWorld) => summaries(world.host.status?.conditions)[0];

/** Left behind by a controller that was started with other flags. */
const CONNECTED = [
  condition("Ready", "True", "Succeeded", { observedGeneration: 2 }),
  condition("CredentialsValid", "True", "NotApplicable", { observedGeneration: 2 }),
  condition("Connected", "True", "ConnectionEstablished", { observedGeneration: 2 }),
];

describe("the connection under its connection policies", () => {
  const plaintext = (world: SimulatedWorld) => ({ host: `http://127.0.0.1:${world.daemon.port}` });
  const tls = { certSecretRef: { name: "tls" } };

  it.each<[string, (world: SimulatedWorld) => object, string]>([
    ["tcp:// without verification", () => ({ tls: { verify: false, ...tls } }), "PlaintextForbidden"],
    [
      "http:// whatever the verification",
      (world) => ({ ...plaintext(world), tls: { verify: true, ...tls } }),
      "PlaintextForbidden",
    ],
    [
      "https:// without verification",
      (world) => ({ host: `https://127.0.0.1:${world.daemon.port}`, tls: { verify: false, ...tls } }),
      "VerificationRequired",
    ],
    [
      "SSH without a check of the host's key",
      (world) => ({
        host: `ssh://docker@127.0.0.1:${world.daemon.port}`,
        tls: {},
        ssh: { secretRef: { name: "tls" }, hostKeyChecking: "Disabled" },
      }),
      "VerificationRequired",
    ],
  ])("with --require-tls is Stalled by %s: nothing is read or dialled", async (_label, spec, reason) => {
    const world = await SimulatedWorld.start(keys, { requireTls: true });
    const secrets = vi.spyOn(world.resources, "getSecret");
    await world.setSpec(spec(world));
    expect(await world.connect()).toEqual({ kind: "after", ms: 300_000 });
    expect(summaries(world.host.status?.conditions).slice(0, 4)).toEqual([
      `Ready=False ${reason}`,
      `Stalled=True ${reason}`,
      "CredentialsValid=Unknown NotAttempted",
      "Connected=Unknown NotAttempted",
    ]);
    expect(answerProblems(world.host)).toEqual([]);
    expect(world.host.status?.endpoint).toContain(`127.0.0.1:${world.daemon.port}`);
    expect(world.takeEvents()).toContain(`Warning ${reason}`);
    expect(secrets).not.toHaveBeenCalled();
    expect(world.daemon.counters.connections).toBe(0);
  });

  it("with --require-tls connects where the daemon is verified", async () => {
    const world = await SimulatedWorld.start(keys, { requireTls: true });
    await world.connect();
    expect(ready(world)).toBe("Ready=True Succeeded");
  });

  it("dials no address that is denied, and looks again at the interval", async () => {
    const guard = createDialGuard({ denied: [], allowed: [], loopback: false });
    const world = await SimulatedWorld.start(keys, { guard });
    expect(await world.connect()).toEqual({ kind: "after", ms: 300_000 });
    expect(summaries(world.host.status?.conditions).slice(0, 4)).toEqual([
      "Ready=False EndpointDenied",
      "Reconciling=True ProgressingWithRetry",
      "CredentialsValid=True CredentialsLoaded",
      "Connected=False EndpointDenied",
    ]);
    expect(world.host.status?.conditions?.[0]?.message).toBe(
      `Connecting to https://127.0.0.1:${world.daemon.port} failed: connections to 127.0.0.1 are not allowed (127.0.0.0/8 is denied). ${reasonEntry("EndpointDenied").fix}`,
    );
    expect(world.daemon.counters.connections).toBe(0);
  });
});

describe("sockets under their policy", () => {
  it.each(["unix:///run/docker.sock", "unix:///etc/passwd", undefined])(
    "%s is Stalled with one text, for the connection and for the check",
    async (host) => {
      const world = await SimulatedWorld.start(keys, { allowedSockets: ["/run/other.sock"] });
      await world.setSpec({ host, tls: {} });
      expect(await world.connect()).toEqual({ kind: "after", ms: 300_000 });
      expect(summaries(world.host.status?.conditions).slice(0, 2)).toEqual([
        "Ready=False EndpointDenied",
        "Stalled=True EndpointDenied",
      ]);
      expect(answerProblems(world.host)).toEqual([]);
      const message = world.host.status?.conditions?.[0]?.message ?? "";
      expect(message).toContain(`Connecting to ${host ?? "unix:///var/run/docker.sock"} is not allowed: `);
      expect(message).toContain("--allowed-sockets");
    },
  );

  it("let through what is allowed, as far as there is something", async () => {
    const world = await SimulatedWorld.start(keys, { allowedSockets: ["/run/nobody.sock"] });
    await world.setSpec({ host: "unix:///run/nobody.sock", tls: {} });
    await world.connect();
    expect(ready(world)).toBe("Ready=False SocketNotFound");
  });
});

describe("details of the controller's network", () => {
  const denying = () => createDialGuard({ denied: [], allowed: [], loopback: false });

  it("are kept from the object and its events, and are in the log", async () => {
    const world = await SimulatedWorld.start(keys, { hidesNetworkDetails: true, guard: denying() });
    const logger = new MemoryLogger();
    await world.connect(undefined, logger);
    expect(ready(world)).toBe("Ready=False EndpointDenied");
    const { meaning, fix } = reasonEntry("EndpointDenied");
    expect(world.host.status?.conditions?.[0]?.message).toBe(`${meaning} ${fix} The controller's log says more.`);
    const shown = JSON.stringify([world.host.status?.conditions, world.events]);
    expect(shown).not.toContain("127.0.0.0/8");
    expect(JSON.stringify(logger.lines)).toContain("connections to 127.0.0.1 are not allowed (127.0.0.0/8 is denied)");
  });

  it("are kept from the items of a check", async () => {
    const world = await SimulatedWorld.start(keys, { hidesNetworkDetails: true });
    await world.connect();
    await world.registry.setFaults({ kind: "status", status: 503 });
    const logger = new MemoryLogger();
    await world.check(undefined, logger);
    const failed = world.host.status?.updates?.items?.filter(({ verdict }) => verdict === "Failed") ?? [];
    expect(failed.length).toBeGreaterThan(0);
    const { meaning, fix } = reasonEntry("RegistryServerError");
    for (const { reason, message } of failed) {
      expect([reason, message]).toEqual(["RegistryServerError", `${meaning} ${fix} The controller's log says more.`]);
    }
    expect(JSON.stringify([world.host.status?.conditions, world.events])).not.toContain("503");
    expect(JSON.stringify(logger.lines)).toContain("it answered 503");
  });

  it("do not hide what the object itself is to blame for", async () => {
    const world = await SimulatedWorld.start(keys, { hidesNetworkDetails: true });
    await world.setSpec({ host: "edge-7" });
    await world.connect();
    expect(world.host.status?.conditions?.[0]?.message).toContain("spec.host: must start with");
  });
});

describe("the update check under its connection policies", () => {
  it.each<[string, WorldPolicies, string]>([
    ["an endpoint that --require-tls forbids", { requireTls: true }, "PlaintextForbidden"],
    [
      "an address that is denied",
      { guard: createDialGuard({ denied: [], allowed: [], loopback: false }) },
      "EndpointDenied",
    ],
  ])("does not connect to %s, whatever the status says of the connection", async (_label, policies, reason) => {
    const world = await SimulatedWorld.start(keys, policies);
    await world.setSpec({ tls: { verify: false } });
    await world.resources.saveStatus(world.host, "connection", { observedGeneration: 2, conditions: CONNECTED });
    await world.check();
    expect(summaries(world.host.status?.conditions)).toContain(`UpdateCheckSucceeded=False ${reason}`);
    expect(world.daemon.counters.connections).toBe(0);
  });
});
