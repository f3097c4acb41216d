import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { startSimDaemon } from "../sim/daemon.ts";
import { pullImage } from "../sim/pull.ts";
import { startSimRegistry } from "../sim/registry.ts";
import { eventually } from "../support/eventually.ts";
import { TestNamespace } from "./cluster.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube } = connectEnvironment(inject("environment"));

describe("two controllers that elect a leader", () => {
  let namespace: TestNamespace;
  const programs: Program[] = [];

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
  });

  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.stop()));
  });

  afterAll(async () => {
    await namespace?.delete();
  });

  async function start(): Promise<Program> {
    const program = await Program.startController(kube, { watchNamespaces: [namespace.name] }, [
      ...LOOPBACK,
      ...["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"],
      ...["--enable-leader-election", "--leader-election-namespace", namespace.name],
      ...["--leader-election-lease-duration", "3s", "--leader-election-renew-deadline", "2s"],
      ...["--leader-election-retry-period", "500ms"],
    ]);
    programs.push(program);
    return program;
  }

  const lease = async () => JSON.parse(await namespace.kubectl("get", "lease", "dockerhost-operator", "-o", "json"));

  it("take over from each other, the lease given back; the standby is ready all the while", async () => {
    const first = await start();
    await first.says("Starting the workers");
    const second = await start();
    await second.says("Waiting to lead");
    expect(second.output).toContain("The stores are filled");
    expect(second.output).not.toContain("Starting the workers");
    expect(await second.probe("/readyz")).toBe("200 ok\n");
    expect(await first.probe("/livez?verbose")).toMatch(/^200 (.*\n)*\[\+\]leader-election ok\n/);

    const { spec } = await lease();
    expect(spec).toMatchObject({ leaseDurationSeconds: 3, leaseTransitions: 0 });
    expect(spec.renewTime).toMatch(/\.\d{6}Z$/);

    await namespace.applyHost("down", { host: "tcp://127.0.0.1:9", timeout: "5s" });
    await namespace.waitFor("down", { type: "Connected", status: "False", reason: "ConnectionRefused" });
    expect(await first.stop()).toBe(0);
    await second.says("Starting the workers");
    expect((await lease()).spec).toMatchObject({ leaseTransitions: 1 });
    await namespace.applyHost("after", { host: "tcp://127.0.0.1:9", timeout: "5s" });
    await namespace.waitFor("after", { type: "Connected", status: "False", reason: "ConnectionRefused" });
    expect(await second.stop()).toBe(0);
    expect((await lease()).spec).not.toHaveProperty("holderIdentity");
  });

  it("keep the lease and serve another host while patterns are matched that take long, and refuse those that take longer", async () => {
    const registry = await startSimRegistry();
    registry.push("team/app", "1");
    const runs = pullImage(registry, "team/app", "1");
    const containers = Array.from({ length: 2_000 }, (_, i) => ({
      ...{ id: i.toString(16).padStart(64, "0"), name: `${"a".repeat(250)}${i}`, image: runs.tags[0] ?? "", runs },
    }));
    const [attacker, victim] = [await startSimDaemon({ images: [runs], containers }), await startSimDaemon()];
    const first = await start();
    await first.says("Starting the workers");
    const second = await start();
    await second.says("Waiting to lead");
    const { leaseTransitions } = (await lease()).spec;
    await namespace.applyHost("victim", { host: `tcp://127.0.0.1:${victim.port}`, interval: "10s", timeout: "5s" });
    const expensive = Array.from({ length: 19 }, () => `${"(?:a?){120}"}b`);
    const check = (excludeNames: readonly string[]) => ({
      host: `tcp://127.0.0.1:${attacker.port}`,
      updateCheck: { containers: { excludeNames } },
    });
    await namespace.applyHost("expensive", check(expensive));
    await namespace.applyHost("refused", check([`(?:${".?".repeat(32)}){1000}\\n`]));
    const refused = { type: "UpdateCheckSucceeded", status: "False", reason: "InvalidSelection" } as const;
    await namespace.waitFor("refused", refused, 30_000);
    await eventually(() => expect(attacker.counters.requests("GET /containers/json")).toBeGreaterThan(0));
    for (let i = 0; i < 3; i++) {
      const before = victim.counters.requests("GET /_ping");
      await eventually(() => expect(victim.counters.requests("GET /_ping")).toBeGreaterThan(before));
    }
    expect(first.hasEnded || second.hasEnded).toBe(false);
    expect(second.output).not.toContain("Starting the workers");
    expect((await lease()).spec).toMatchObject({ leaseTransitions });
    await Promise.all([attacker.close(), victim.close(), registry.close()]);
  });

  it("end at once when somebody else holds the lease", async () => {
    const program = await start();
    await program.says("Starting the workers");
    await namespace.kubectl(
      ...["patch", "lease", "dockerhost-operator", "--type=merge"],
      ...["-p", JSON.stringify({ spec: { holderIdentity: "usurper" } })],
    );
    expect(await program.exited).toBe(1);
    expect(program.output).toContain("usurper holds the lease");
    expect(program.output).not.toContain("Everything has stopped");
    expect((await lease()).spec.holderIdentity).toBe("usurper");
  });
});
