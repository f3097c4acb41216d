import { findCondition } from "../../../src/api/conditions.ts";
import { REQUESTED_AT } from "../../../src/api/docker-host.ts";
import type { Kube } from "../../env/kube.ts";
import { comesTrue, waitUntil } from "../../env/processes/wait-until.ts";
import { hostManifest, TestNamespace } from "../../integration/cluster.ts";
import { LOOPBACK, Program } from "../../integration/program.ts";
import { type SimDaemon, startSimDaemon } from "../../sim/daemon.ts";
import { pullImage } from "../../sim/pull.ts";
import { type SimRegistry, startSimRegistry } from "../../sim/registry.ts";
import { formatTimes, type SummaryRow } from "../../support/summary.ts";
import type { Attack } from "./attack.ts";
import { builtProgram, MEMORY_LIMIT_MIB, peakMemory } from "./built-program.ts";
import { Looks } from "./looks.ts";
import { MemoryCage } from "./memory-cage.ts";

const VICTIM = "victim";
const INTERVAL_MS = 10_000;
/** This many concurrent attacks, each by another tenant: the objects of one tenant may well wait for each other. */
export const MOST_ATTACKS = 3;

/** The built program as the image starts it, with a victim in one namespace and the attackers in others. */
export class Arena {
  readonly registry: SimRegistry;
  readonly #program: Program;
  readonly #victims: TestNamespace;
  readonly #attackers: readonly TestNamespace[];
  readonly #daemon: SimDaemon;
  readonly #cage: MemoryCage | undefined;
  readonly #looks: Looks;
  readonly #windowMs: number;
  readonly #secretLines: string[] = [];
  #requests = 0;

  private constructor(parts: {
    readonly registry: SimRegistry;
    readonly program: Program;
    readonly victims: TestNamespace;
    readonly attackers: readonly TestNamespace[];
    readonly daemon: SimDaemon;
    readonly cage: MemoryCage | undefined;
    readonly windowMs: number;
  }) {
    this.registry = parts.registry;
    this.#program = parts.program;
    this.#victims = parts.victims;
    this.#attackers = parts.attackers;
    this.#daemon = parts.daemon;
    this.#cage = parts.cage;
    this.#windowMs = parts.windowMs;
    this.#looks = new Looks(() => parts.daemon.counters.requests("GET /version"));
  }

  /** @param windowMs no two looks at the victim are further apart */
  static async start(kube: Kube, windowMs: number): Promise<Arena> {
    const cage = await MemoryCage.make(MEMORY_LIMIT_MIB * 1024 * 1024);
    const node = await builtProgram(cage !== undefined);
    const victims = await TestNamespace.create(kube);
    const attackers = await Promise.all(Array.from({ length: MOST_ATTACKS }, () => TestNamespace.create(kube)));
    const registry = await startSimRegistry();
    registry.push("shop/web", "1");
    const image = pullImage(registry, "shop/web", "1");
    const container = { id: "7".repeat(64), name: "web", image: image.tags[0] ?? "", runs: image };
    const daemon = await startSimDaemon({ images: [image], containers: [container] });
    const flags = [...LOOPBACK, "--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"];
    const lease = ["--enable-leader-election", "--leader-election-namespace", victims.name];
    const rights = { watchNamespaces: [victims.name, ...attackers.map(({ name }) => name)] as const };
    const program = await Program.startController(kube, rights, [...flags, ...lease], {
      node,
      ...(cage !== undefined && { prefix: cage.prefix }),
    });
    await program.says("Starting the workers");
    const arena = new Arena({ registry, program, victims, attackers, daemon, cage, windowMs });
    await victims.applyHost(VICTIM, {
      host: `http://127.0.0.1:${daemon.port}`,
      timeout: "5s",
      interval: `${INTERVAL_MS / 1_000}s`,
      updateCheck: { registries: [{ host: registry.host, insecure: true }] },
    });
    await victims.waitFor(VICTIM, { type: "Ready", status: "True" });
    await victims.waitFor(VICTIM, { type: "UpdateCheckSucceeded", status: "True" });
    return arena;
  }

  /**
   * From the first object of the attacks until each has shown its reason, and the victim was checked a few more times.
   */
  async face(attacks: readonly Attack[]): Promise<readonly SummaryRow[]> {
    this.#looks.begin();
    try {
      for (const [index, { secrets = {}, hosts }] of attacks.entries()) {
        const tenant = this.#tenant(index);
        for (const [name, entries] of Object.entries(secrets)) {
          await tenant.applySecret(name, entries);
          for (const text of Object.values(entries)) this.#secretLines.push(...text.split("\n").filter(isTelling));
        }
        await tenant.apply(...hosts.map(({ name, spec }) => hostManifest(name, spec)));
      }
      const names = attacks.map(({ name }) => name).join(", ");
      await waitUntil(`the attack: ${names}`, this.#windowMs, async () => attacks.every(({ seen }) => seen() > 0));
      const checked = await this.#checkVictim();
      const shown = await Promise.all(attacks.map((attack, index) => this.#shownBy(attack, this.#tenant(index))));
      const looks = this.#looks;
      const served = await comesTrue(this.#windowMs * 2, async () => looks.count >= 3);
      const times = formatTimes(looks.gapsMs);
      return [
        ...shown,
        { promise: "the victim's images are checked", seen: checked ? "checked" : "not checked", kept: checked },
        {
          promise: `the victim is looked at in each window of ${this.#windowMs / 1_000} s`,
          seen: `${looks.count} looks, ${times}, ${looks.missed(this.#windowMs)} missed`,
          kept: served && looks.missed(this.#windowMs) === 0,
        },
        ...(await this.#process()),
      ];
    } finally {
      this.#looks.end();
      await Promise.all(this.#attackers.map((each) => each.delete()));
      await Promise.all(attacks.map(({ stop }) => stop()));
    }
  }

  /** A check that the victim's owner asks for while the attack continues. */
  async #checkVictim(): Promise<boolean> {
    const token = `during-${++this.#requests}`;
    await this.#victims.kubectl("annotate", "--overwrite", "dockerhost", VICTIM, `${REQUESTED_AT}=${token}`);
    return await comesTrue(this.#windowMs, async () => {
      const { status } = await this.#victims.host(VICTIM);
      const succeeded = findCondition(status?.conditions, "UpdateCheckSucceeded")?.status === "True";
      return status?.updates?.lastHandledRequestedAt === token && succeeded;
    });
  }

  /** Each attack of a mixture has a namespace of its own. */
  #tenant(index: number): TestNamespace {
    const tenant = this.#attackers[index];
    if (tenant === undefined) throw new Error(`there are only ${MOST_ATTACKS} attackers`);
    return tenant;
  }

  async #shownBy({ name, shows }: Attack, tenant: TestNamespace): Promise<SummaryRow> {
    let seen = "nothing";
    const kept = await comesTrue(this.#windowMs, async () => {
      const { status } = await tenant.host(shows.host);
      const condition = findCondition(status?.conditions, shows.type);
      if (condition !== undefined) seen = `${condition.status} ${condition.reason}: ${condition.message.slice(0, 160)}`;
      return condition?.status === "False" && shows.reasons.includes(condition.reason);
    });
    return { promise: `the attacker's host says why: ${name}`, seen, kept };
  }

  async #process(): Promise<readonly SummaryRow[]> {
    const hasEnded = this.#program.hasEnded;
    const output = this.#program.output;
    const peak = hasEnded ? Number.NaN : await peakMemory(this.#program.pid);
    const leaks = this.#secretLines.filter((line) => output.includes(line)).length;
    const leads = output.split("Starting the workers").length - 1;
    return [
      { promise: "the program goes on", seen: hasEnded ? output.slice(-2_000) : "0 exits", kept: !hasEnded },
      { promise: "no line of a Secret is printed", seen: `${leaks} lines`, kept: leaks === 0 },
      { promise: "the lease is kept", seen: `taken ${leads} times`, kept: leads === 1 },
      {
        promise: `memory stays below ${MEMORY_LIMIT_MIB} MiB`,
        seen: `${peak.toFixed(0)} MiB at most, ${this.#cage === undefined ? "measured only" : "enforced by the kernel"}`,
        kept: peak < MEMORY_LIMIT_MIB,
      },
    ];
  }

  async stop(): Promise<void> {
    this.#looks.end();
    await this.#victims.delete();
    await Promise.all(this.#attackers.map((each) => each.delete()));
    await this.#program.stop();
    await this.#cage?.remove();
    await this.#daemon.close();
    await this.registry.close();
  }
}

function isTelling(line: string): boolean {
  return line.length > 20 && !line.startsWith("-----");
}
