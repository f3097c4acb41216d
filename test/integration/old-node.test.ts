import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { oldNode } from "../env/binaries/old-node.ts";
import { execute } from "../env/binaries/run-command.ts";
import { startSimDaemon } from "../sim/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { Launched } from "../support/launched.ts";
import { temporaryFolder } from "../support/temp-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("a checkout on a machine with Node 20", () => {
  let node = "";
  beforeAll(async () => {
    node = await oldNode();
  });

  const launch = (...args: string[]) => new Launched([node], args, { PATH: process.env.PATH, HOME: "/nonexistent" });

  it("says before npm ci that it is missing", async () => {
    const clone = await temporaryFolder();
    await cp(join(ROOT, "bin"), join(clone, "bin"), { recursive: true });
    await writeFile(join(clone, "package.json"), JSON.stringify({ type: "module" }));
    const { code, stderr } = await execute(node, [join(clone, "bin/dockerhost.js"), "check"]);
    expect([code, stderr]).toEqual([
      2,
      `error: the packages of this checkout are not installed; run npm ci in ${clone}/, then try again.\n`,
    ]);
  });

  it("runs the program and npm's scripts on the Node 24 that npm ci has installed", async () => {
    const launched = launch("--version");
    expect(await launched.ended).toEqual([0, null]);
    expect(launched.output).toBe(`${packageJson.version}\n`);
    const script = join(await temporaryFolder(), "script.ts");
    await writeFile(script, "const major: string = process.versions.node.split('.')[0] ?? ''; console.log(major);");
    const { code, stdout } = await execute(node, [join(ROOT, "scripts/setup.js"), script]);
    expect([code, stdout]).toEqual([0, "24\n"]);
  });

  it("passes the exit code on", async () => {
    expect(await launch("check", "--host", "nonsense").ended).toEqual([2, null]);
  });

  it.each([
    ["SIGINT", "launcher", 130],
    ["SIGINT", "group", 130],
    ["SIGTERM", "launcher", 143],
    ["SIGTERM", "group", 143],
  ] as const)("ends a check that %s to its %s cuts short with %d", async (signal, to, code) => {
    const daemon = await startSimDaemon();
    onTestFinished(() => daemon.close());
    await daemon.setFaults({ kind: "silent" });
    const launched = launch("check", "--host", `tcp://127.0.0.1:${daemon.port}`);
    await eventually(() => expect(daemon.counters.connections).toBe(1));
    launched.send(signal, to);
    expect(await launched.ended).toEqual([code, null]);
    expect(launched.output).toBe("");
  });
});
