import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import { eventually } from "../support/eventually.ts";
import { formatSummary, type SummaryRow } from "../support/summary.ts";
import { ChaosFleet } from "./chaos-fleet.ts";

const { kube } = connectEnvironment(inject("environment"));
const rows: SummaryRow[] = [];

describe("a host is gone immediately when it is deleted", () => {
  let fleet: ChaosFleet;
  let controller: Program | undefined;
  const start = () => Program.controller(kube, fleet.namespace.name, LOOPBACK);

  beforeAll(async () => {
    fleet = await ChaosFleet.start(kube, 2);
  });

  afterAll(async () => {
    console.log(formatSummary("delete", rows));
    await controller?.stop();
    await fleet?.stop();
  });

  async function deletes(situation: string, name: string): Promise<void> {
    const path = `${fleet.dockerHosts}/${name}`;
    const { metadata } = (await fleet.api.get(path)).body as { metadata: { finalizers?: readonly string[] } };
    // Nothing of ours delays the deletion of an object.
    expect(metadata.finalizers).toBeUndefined();
    await fleet.api.delete(path);
    const { status } = await fleet.api.get(path);
    rows.push({
      promise: situation,
      seen: status === 404 ? "gone, no finalizer" : `answers ${status}`,
      kept: status === 404,
    });
    expect(status).toBe(404);
  }

  const host = () => fleet.hosts[0] ?? expect.fail("no hosts");

  it("even if no controller has ever processed it", async () => {
    await fleet.createHost("never", host());
    await deletes("never reconciled", "never");
  });

  it("though its daemon hangs and a pass over it is under way", async () => {
    controller = await start();
    await fleet.namespace.waitFor("sim-1", { type: "Ready", status: "True" });
    await host().daemon.setFaults({ kind: "silent" });
    const { counters } = host().daemon;
    counters.reset();
    await fleet.createHost("down", host(), { timeout: "10m", interval: "1h" });
    await eventually(() => expect(counters.connections).toBeGreaterThan(0));
    await deletes("host down", "down");
    await host().daemon.setFaults();
  });

  it("though its Secret is gone", async () => {
    await fleet.createHost("bare", host(), { tls: { verify: true, certSecretRef: { name: "nowhere" } } });
    await fleet.namespace.waitFor("bare", { type: "Ready", status: "False", reason: "SecretNotFound" });
    await deletes("the Secret gone", "bare");
  });

  it("though it is suspended", async () => {
    await fleet.createHost("asleep", host(), { suspend: true });
    await fleet.namespace.waitFor("asleep", { type: "Ready", status: "Unknown", reason: "Suspended" });
    await deletes("suspended", "asleep");
  });

  it("though the controller has just been killed and started again, and what it knew is forgotten", async () => {
    await fleet.createHost("again", host());
    await controller?.kill();
    controller = await start();
    await deletes("right after a restart", "again");
    // The new host of the same name is another one: nothing is left of the one before.
    await fleet.createHost("again", host());
    await fleet.namespace.waitFor("again", { type: "Ready", status: "True" });
    expect(controller.output).not.toContain('"level":"error"');
  });
});
