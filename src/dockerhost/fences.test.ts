import { beforeAll, describe, expect, it, vi } from "vitest";
import { answerProblems } from "../../test/support/condition-checker.ts";
import { condition, summaries } from "../../test/support/docker-host.ts";
import {
  createWorldKeys,
  SimulatedWorld,
  type WorldFences,
  type WorldKeys,
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

describe("the connection behind its fences", { timeout: 30_000 }, () => {
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
    expect(world.told()).toContain(`Warning ${reason}`);
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

describe("the update check behind its fences", { timeout: 30_000 }, () => {
  it.each<[string, WorldFences, string]>([
    ["an endpoint that --require-tls forbids", { requireTls: true }, "PlaintextForbidden"],
    [
      "an address that is denied",
      { guard: createDialGuard({ denied: [], allowed: [], loopback: false }) },
      "EndpointDenied",
    ],
  ])("does not connect to %s, whatever the status says of the connection", async (_label, fences, reason) => {
    const world = await SimulatedWorld.start(keys, fences);
    await world.setSpec({ tls: { verify: false } });
    await world.resources.saveStatus(world.host, "connection", { observedGeneration: 2, conditions: CONNECTED });
    await world.check();
    expect(summaries(world.host.status?.conditions)).toContain(`UpdateCheckSucceeded=False ${reason}`);
    expect(world.daemon.counters.connections).toBe(0);
  });
});
