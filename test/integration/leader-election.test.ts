import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
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
