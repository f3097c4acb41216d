import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { runProgram } from "../../../src/cli/program.ts";
import { setUpBinaries } from "../../env/binaries.ts";
import { generateSshKey, SshServer } from "../../env/ssh-server.ts";
import { fakeCli, TextSink } from "../../support/cli.ts";
import { Program } from "../program.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import { FIRST_HEALTH_CHECK_MS, NAME, OutcomeWorld, type Second } from "./outcome-world.ts";
import { each, engines, onBoth, registryFlags } from "./world.ts";

/** The changes of an update, in order; the restart policy needs none. */
const CHANGES = ["Pull", "Tag", "Create", "StopOld", "RenameOld", "RenameNew", "StartNew", "RemoveOld"];

class CommandedWorld extends OutcomeWorld {
  #proxy: CuttingProxy | undefined;

  override async setUp(): Promise<void> {
    await super.setUp();
    const { dockerd, socket } = this.docker.facts;
    this.#proxy = await CuttingProxy.listen(join(dockerd.runFolder, `commanded-${this.key}.sock`), socket);
  }

  get proxy(): CuttingProxy {
    if (this.#proxy === undefined) throw new Error("it was not set up");
    return this.#proxy;
  }

  args(second: Second, host: readonly string[], ...flags: readonly string[]): readonly string[] {
    return ["update", NAME, ...host, ...registryFlags, "--digest", this.image(second).second, ...flags];
  }

  /** Runs as the second version, and nothing else is left. */
  async expectUpdated(second: Second): Promise<void> {
    expect(await this.containers(NAME)).toEqual([`${NAME} running`]);
    expect((await this.inspect(NAME)).Image).not.toBe(this.image(second).firstId);
  }
}

/** Runs a command line on a terminal on which somebody answers every question with yes. Its code and what it says. */
async function agreeing(args: readonly string[]): Promise<readonly [number, string]> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = new (class extends TextSink {
    override write(text: string): void {
      super.write(text);
      if (text.includes("[y/N]")) stdin.write("y\n");
    }
  })(true);
  const context = { ...fakeCli({ terminal: true, columns: 400 }), stdin, stderr };
  const code = await runProgram(args, context, "1.2.3");
  return [code, (context.stdout.text + stderr.text).replace(/\s+/g, " ")];
}

describe("dockerhost update on both engines", () => {
  const worlds = engines.map((engine) => new CommandedWorld(engine, ["good", "unhealthy", "starting", "exiting"]));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterEach(() => each(worlds, (world) => world.reset()));
  afterAll(() => each(worlds, (world) => world.proxy.close()));

  onBoth(worlds, "replaces a container over SSH", async (world) => {
    const { debian } = await setUpBinaries({ log: () => undefined, environment: process.env });
    const { dockerd, socket } = world.docker.facts;
    const folder = await mkdtemp(join(dockerd.runFolder, "update-ssh-"));
    const key = await generateSshKey(debian, join(folder, "client"), "ed25519");
    const name = `sshd-update-${world.key}`;
    const options = { name, runFolder: dockerd.runFolder, debian, authorizedKeys: [key.publicKey] };
    const server = await SshServer.start(options);
    try {
      const known = join(folder, "known-hosts");
      await writeFile(known, Object.values(server.knownHosts).join("\n"));
      await world.started("good");
      const host = ["--host", `ssh://root@127.0.0.1:${server.port}${socket}`];
      const files = ["--ssh-key", join(folder, "client"), "--known-hosts", known];
      const program = Program.start(world.args("good", [...host, ...files], "--yes", "--stable-for", "1s"));
      expect([await program.exited, program.output]).toEqual([0, expect.stringContaining("now runs")]);
      await world.expectUpdated("good");
    } finally {
      await server.stop();
    }
  });

  for (const [second, says, timeoutMs] of [
    ["unhealthy", `The health check of the new container ${NAME} still failed after 15s`, FIRST_HEALTH_CHECK_MS],
    ["starting", `The new container ${NAME} was still starting after 1s`, 1_000],
    ["exiting", `The new container ${NAME} ended (exit code 7)`, 1_000],
  ] as const) {
    onBoth(worlds, `goes back and says so, with a new version that is ${second}`, async (world) => {
      const isBack = await world.started(second);
      const host = ["--host", `unix://${world.docker.facts.socket}`];
      const health = ["--health-timeout", `${timeoutMs}ms`, "--stable-for", "1m"];
      const program = Program.start(world.args(second, host, "--yes", ...health));
      const code = await program.exited;
      const output = program.output.replace(/\s+/g, " ");
      expect([code, output]).toEqual([4, expect.stringContaining(says)]);
      expect(output).toContain("the old container is back");
      await isBack();
    });
  }

  for (const [step, end] of [
    ["Create", "undone"],
    ["RenameOld", "undone"],
    ["StartNew", "finished"],
    ["RemoveOld", undefined],
  ] as const) {
    onBoth(worlds, `recovers in the next run after it was killed at ${step}`, async (world) => {
      await world.started("good");
      // Containerd's image store has a second name of the image to remove first.
      const more = world.key === "new" && step === "RemoveOld" ? 1 : 0;
      const held = world.proxy.holdAnswer(CHANGES.indexOf(step) + 1 + more);
      const program = Program.start(
        world.args("good", ["--host", `unix://${world.proxy.path}`], "--yes", "--stable-for", "1s"),
      );
      await Promise.race([held, program.exited]);
      expect(program.hasEnded, program.output).toBe(false);
      await program.kill();
      expect(await world.containers(NAME)).not.toEqual([]);
      const host = ["--host", `unix://${world.docker.facts.socket}`];
      const [code, output] = await agreeing(world.args("good", host, "--stable-for", "1s"));
      expect([code, output]).toEqual([
        0,
        expect.stringContaining(end === undefined ? "already runs" : `the unfinished update of ${NAME} was ${end}`),
      ]);
      await world.expectUpdated("good");
    });
  }
});
