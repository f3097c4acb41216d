import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { systemClock } from "../../../src/common/clock.ts";
import { toStatus } from "../../../src/docker/capabilities.ts";
import { EngineChanges } from "../../../src/docker/engine-changes.ts";
import { EngineLine } from "../../../src/docker/engine-line.ts";
import { probeChanges } from "../../../src/docker/probe-changes.ts";
import { setUpBinaries } from "../../env/binaries.ts";
import { SocketProxy } from "../../env/socket-proxy.ts";
import { Program } from "../program.ts";
import { NAME, OutcomeWorld } from "./outcome-world.ts";
import { each, engines, onBoth, registryFlags } from "./world.ts";

/** The rules of the smallest allowance, as the documentation has them. */
async function documentedRules(): Promise<readonly string[]> {
  const page = await readFile("docs/socket-proxies.md", "utf8");
  const rules = [...page.matchAll(/^ {2}http-request (.+)$/gm)].flatMap(([, rule]) => rule ?? []);
  expect(rules).toContain("deny");
  return rules;
}

const isOfUpdates = (rule: string) => /METH_POST|DELETE/.test(rule);

class ProxiedWorld extends OutcomeWorld {
  #proxy: SocketProxy | undefined;

  override async setUp(): Promise<void> {
    await super.setUp();
    const { debian } = await setUpBinaries({ log: () => undefined, environment: process.env });
    const { socket, dockerd } = this.docker.facts;
    const policy = { kind: "rules", rules: await documentedRules() } as const;
    this.#proxy = await SocketProxy.start({ programs: debian, runFolder: dockerd.runFolder, socket, policy });
  }

  get proxy(): SocketProxy {
    if (this.#proxy === undefined) throw new Error("it was not set up");
    return this.#proxy;
  }

  command(...flags: readonly string[]): Program {
    const host = ["--host", `tcp://127.0.0.1:${this.proxy.port}`];
    const digest = ["--digest", this.image("good").second];
    return Program.start(["update", NAME, ...host, ...registryFlags, ...digest, "--yes", ...flags]);
  }

  /** What a controller finds out of updates. */
  async capabilities() {
    const target = this.targetOf(`tcp://127.0.0.1:${this.proxy.port}`);
    using line = new EngineLine(target, this.apiVersion, systemClock, AbortSignal.timeout(30_000));
    return toStatus(await probeChanges(new EngineChanges(line, systemClock), "7".repeat(64)));
  }
}

describe("a socket proxy that allows only what the documentation lists, on both engines", () => {
  const worlds = engines.map((engine) => new ProxiedWorld(engine, ["good"]));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterEach(() => each(worlds, (world) => world.reset()));
  afterAll(() => each(worlds, (world) => world.proxy.stop()));

  onBoth(worlds, "lets `dockerhost update` replace a container", async (world) => {
    await world.started("good");
    const program = world.command("--stable-for", "1s");
    expect([await program.exited, program.output]).toEqual([0, expect.stringContaining("now runs")]);
    expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
    expect((await world.inspect(NAME)).Image).toBe(await world.imageId(world.image("good").name));
    expect((await world.inspect(NAME)).Image).not.toBe(world.image("good").firstId);
  });

  onBoth(worlds, "is seen to allow updates only while it does, and nothing is changed by that", async (world) => {
    const rules = await documentedRules();
    const before = await world.everything();
    expect(await world.capabilities()).toEqual({ pull: true, recreate: true });
    for (const [without, pull, recreate] of [
      [/METH_POST.*images/, false, true],
      [/METH_POST.*rename/, true, false],
      [/DELETE/, true, false],
      [/METH_POST|DELETE/, false, false],
    ] as const) {
      await world.proxy.setPolicy({ kind: "rules", rules: rules.filter((rule) => !without.test(rule)) });
      expect(await world.capabilities()).toEqual({ pull, recreate });
    }
    await world.proxy.setPolicy({ kind: "rules", rules });
    expect(await world.everything()).toEqual(before);
  });

  onBoth(worlds, "touches nothing without the part for updates", async (world) => {
    const isUntouched = await world.started("good");
    const rules = (await documentedRules()).filter((rule) => !isOfUpdates(rule));
    await world.proxy.setPolicy({ kind: "rules", rules });
    const program = world.command();
    expect([await program.exited, program.output]).toEqual([1, expect.stringMatching(/IMAGES=1\s+POST=1/)]);
    await isUntouched();
  });
});
