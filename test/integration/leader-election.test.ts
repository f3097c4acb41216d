import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { REQUESTED_AT } from "../../src/api/docker-host.ts";
import { connectEnvironment } from "../env/environment.ts";
import { startSimDaemon } from "../sim/daemon.ts";
import { pullImage } from "../sim/pull.ts";
import { startSimRegistry } from "../sim/registry.ts";
import { eventually } from "../support/eventually.ts";
import { startPrimeServer } from "../support/prime-server.ts";
import { startRawServer } from "../support/raw-server.ts";
import { sshKeyPair } from "../support/ssh-keys.ts";
import { acceptedChanges, KEY, startWebhookReceiver } from "../support/webhook-receiver.ts";
import { hostManifest, TestNamespace } from "./cluster.ts";
import { LOOPBACK, leaseFlags, Program, SHORT_LEASE } from "./program.ts";

/** Of one kind, `host-0` and so on. */
function manyHosts(count: number, spec: () => object) {
  return Array.from({ length: count }, (_, index) => hostManifest(`host-${index}`, spec()));
}

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

  const start = (...others: readonly TestNamespace[]) => startWith([], ...others);

  async function startWith(flags: readonly string[], ...others: readonly TestNamespace[]): Promise<Program> {
    const watchNamespaces = [namespace.name, ...others.map(({ name }) => name)] as const;
    const program = await Program.startController(kube, { watchNamespaces }, [
      ...LOOPBACK,
      ...["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"],
      ...leaseFlags(namespace.name),
      ...flags,
    ]);
    programs.push(program);
    return program;
  }

  const lease = async () => JSON.parse(await namespace.kubectl("get", "lease", "dockerhost-operator", "-o", "json"));

  it("take over from each other, the lease given back; the standby is ready, and its page follows, all the while", async () => {
    const first = await start();
    await first.says("Starting the workers");
    const second = await startWith(["--page-bind-address", "127.0.0.1:0"]);
    await second.says("Waiting to lead");
    expect(second.output).toContain("The stores are filled");
    expect(second.output).not.toContain("Starting the workers");
    expect(await second.probe("/readyz")).toBe("200 ok\n");
    expect(await first.probe("/livez?verbose")).toMatch(/^200 (.*\n)*\[\+\]leader-election ok\n/);

    const { spec } = await lease();
    expect(spec).toMatchObject({ leaseDurationSeconds: SHORT_LEASE.leaseMs / 1_000, leaseTransitions: 0 });
    expect(spec.renewTime).toMatch(/\.\d{6}Z$/);

    await namespace.applyHost("down", { host: "tcp://127.0.0.1:9" });
    await namespace.waitFor("down", { type: "Connected", status: "False", reason: "ConnectionRefused" });
    const [page = ""] = /http:\/\/127\.0\.0\.1:\d+\//.exec(second.output) ?? [];
    await eventually(async () =>
      expect(await (await fetch(`${page}hosts/${namespace.name}/down`)).text()).toContain("ConnectionRefused"),
    );
    expect(await (await fetch(page)).text()).toContain("1 host needs attention.");
    expect(second.output).not.toContain("Starting the workers");
    expect(await first.stop()).toBe(0);
    await second.says("Starting the workers");
    expect((await lease()).spec).toMatchObject({ leaseTransitions: 1 });
    await namespace.applyHost("after", { host: "tcp://127.0.0.1:9" });
    await namespace.waitFor("after", { type: "Connected", status: "False", reason: "ConnectionRefused" });
    expect(await second.stop()).toBe(0);
    expect((await lease()).spec).not.toHaveProperty("holderIdentity");
  });

  it("report each change to a webhook once, also if the leader is killed while the receiver fails", async () => {
    const receiver = await startWebhookReceiver();
    const folder = await mkdtemp(join(tmpdir(), "dockerhost-notify-"));
    const [url, key] = [join(folder, "url"), join(folder, "key")];
    await writeFile(url, receiver.url);
    await writeFile(key, KEY);
    const notify = ["--notify", url, "--notify-key-file", key, "--notify-window", "100ms"];
    const daemon = await startSimDaemon();
    const first = await startWith(notify);
    await first.says("Starting the workers");
    await namespace.applyHost("notified", { host: "tcp://127.0.0.1:9" });
    const changes = () =>
      acceptedChanges(receiver).flatMap(({ change, name }) => (name === "notified" ? [change] : []));
    const recorded = async (name: string) => (await namespace.host(name)).status?.notified?.connection;
    await eventually(() => expect(changes()).toEqual(["HostLost"]));
    // Other hosts of this namespace are down too, of which nothing may be left for the next leader.
    const names = (await namespace.kubectl("get", "dockerhosts", "-o", "jsonpath={.items[*].metadata.name}")).split(
      " ",
    );
    for (const name of names) await eventually(async () => expect(await recorded(name)).toBe(1));
    receiver.answer = (_, response) => void response.writeHead(503).end("down for maintenance");
    await namespace.applyHost("notified", { host: `tcp://127.0.0.1:${daemon.port}` });
    await first.says("The receiver answered 503 (Service Unavailable): down for maintenance");
    await first.kill();
    const second = await startWith(notify);
    await second.says("Notifications cannot be delivered");
    receiver.answer = (_, response) => void response.writeHead(200).end();
    await eventually(async () => expect(await recorded("notified")).toBe(2));
    expect(changes()).toEqual(["HostLost", "HostBack"]);
    expect(await second.metrics()).toMatch(/^dockerhost_notification_changes_total\{result="delivered"\} 1$/m);
    expect(await second.stop()).toBe(0);
    expect(receiver.invalid).toEqual([]);
    for (const { output } of [first, second]) {
      for (const secret of [receiver.url, "T0SECRET0PATH", KEY]) expect(output).not.toContain(secret);
    }
    await Promise.all([receiver.close(), daemon.close(), rm(folder, { recursive: true })]);
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
    await namespace.applyHost("victim", { host: `tcp://127.0.0.1:${victim.port}`, interval: "10s", timeout: "10s" });
    const expensive = Array.from({ length: 19 }, () => `${"(?:a?){120}"}b`);
    const check = (excludeNames: readonly string[]) => ({
      host: `tcp://127.0.0.1:${attacker.port}`,
      updateCheck: { containers: { excludeNames } },
    });
    await namespace.applyHost("expensive", check(expensive));
    await namespace.applyHost("refused", check([`(?:${".?".repeat(32)}){1000}\\n`]));
    const refused = { type: "UpdateCheckSucceeded", status: "False", reason: "InvalidSelection" } as const;
    await namespace.waitFor("refused", refused);
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

  it("look at the hosts of other namespaces, also after a failover, while SSH servers send primes and others are silent", async () => {
    const [primes, silent] = [await startPrimeServer(), await startRawServer(() => {})];
    const daemons = [await startSimDaemon(), await startSimDaemon()];
    const [hostile, mute, ...victims] = await Promise.all([1, 2, 3, 4].map(() => TestNamespace.create(kube)));
    if (hostile === undefined || mute === undefined) throw new Error("there are no namespaces");
    const all = [hostile, mute, ...victims];
    const first = await start(...all);
    await first.says("Starting the workers");
    const second = await start(...all);
    await second.says("Waiting to lead");
    const { leaseTransitions } = (await lease()).spec;

    const ssh = { secretRef: { name: "ssh" }, hostKeyChecking: "Disabled" };
    await hostile.applySecret("ssh", { "ssh-privatekey": sshKeyPair().private });
    const slow = { timeout: "10m", interval: "10m" };
    const host = `ssh://docker@127.0.0.1:${primes.port}`;
    await hostile.apply(...manyHosts(30, () => ({ host, ssh, ...slow })));
    await mute.apply(...manyHosts(60, () => ({ host: `tcp://127.0.0.1:${silent.port}`, ...slow })));
    for (const [index, victim] of victims.entries()) {
      await victim.applyHost("victim", { host: `tcp://127.0.0.1:${daemons[index]?.port}` });
      await victim.waitFor("victim", { type: "Connected", status: "True" });
    }
    /** Each victim is asked for and checked. */
    const look = async (token: string) => {
      const before = daemons.map(({ counters }) => counters.requests("GET /_ping"));
      for (const each of victims) {
        await each.kubectl("annotate", "--overwrite", "dockerhost", "victim", `${REQUESTED_AT}=${token}`);
      }
      for (const [index, { counters }] of daemons.entries()) {
        await eventually(() => expect(counters.requests("GET /_ping")).toBeGreaterThan(before[index] ?? 0));
      }
    };
    const refused = { type: "Connected", status: "False", reason: "SSHHandshakeFailed" } as const;
    await hostile.waitFor("host-0", refused);
    await eventually(() => expect(silent.accepted).toBeGreaterThanOrEqual(10));
    await look("under-attack");
    expect((await lease()).spec).toMatchObject({ leaseTransitions });

    await first.kill();
    await second.says("Starting the workers");
    await look("after-a-failover");
    await hostile.waitFor("host-29", refused, 120_000);
    expect(second.hasEnded).toBe(false);
    expect((await lease()).spec).toMatchObject({ leaseTransitions: leaseTransitions + 1 });
    await Promise.all(all.map((each) => each.delete()));
    await Promise.all([primes, silent, ...daemons].map((each) => each.close()));
  });

  it("end immediately when another process holds the lease", async () => {
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
