import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { startSimDaemon } from "../../test/sim/daemon.ts";
import { eventually } from "../../test/support/eventually.ts";
import { Launched } from "../../test/support/launched.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";

const BUNDLED_NODE = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));

/** Makes Node believe that it is of an older version, which every machine can do. */
const PRETEND_OLD =
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.1.0"}})';

it("says in a fresh clone that npm ci is missing", async () => {
  const clone = await temporaryFolder();
  await cp(fileURLToPath(new URL("../../bin", import.meta.url)), join(clone, "bin"), { recursive: true });
  await writeFile(join(clone, "package.json"), JSON.stringify({ type: "module" }));
  for (const pretend of [[], ["--import", PRETEND_OLD]]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [
      ...pretend,
      join(clone, "bin/dockerhost.js"),
      "check",
    ]);
    expect([status, stdout.toString(), stderr.toString()]).toEqual([
      2,
      "",
      `error: the packages of this checkout are not installed; run npm ci in ${clone}/, then try again.\n`,
    ]);
  }
});

describe.each([
  ["Node 24", []],
  // Not every machine has a Node among its packages.
  ...(existsSync(BUNDLED_NODE)
    ? [["an older Node, which hands over to its packages'", ["--import", PRETEND_OLD]] as const]
    : []),
] as const)("the launcher on %s", { timeout: 300_000 }, (_what, nodeArgs) => {
  const launch = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    new Launched([process.execPath, ...nodeArgs], args, { PATH: process.env.PATH, HOME: "/nonexistent", ...env });

  it("leaves no program behind when it is killed", async () => {
    const daemon = await startSimDaemon();
    onTestFinished(() => daemon.close());
    await daemon.setFaults({ kind: "silent" });
    const launched = launch(["check", "--host", `tcp://127.0.0.1:${daemon.port}`]);
    await eventually(() => expect(daemon.counters.connections).toBe(1));
    launched.send("SIGKILL", "launcher");
    // Its output closes only once the last process has ended.
    expect(await launched.ended).toEqual([null, "SIGKILL"]);
  });

  it("prints the version", async () => {
    const launched = launch(["--version"]);
    expect(await launched.ended).toEqual([0, null]);
    expect(launched.output).toBe(`${packageJson.version}\n`);
  });

  it("passes the exit code on", async () => {
    expect(await launch(["check", "--host", "nonsense"]).ended).toEqual([2, null]);
    expect(await launch(["check"], { DOCKER_HOST: "unix:///nonexistent.sock" }).ended).toEqual([1, null]);
  });

  it("ignores DEBUG, which would print keys, and says so", async () => {
    const launched = launch(["check", "--host", "tcp://127.0.0.1:1"], { DEBUG: "*" });
    expect(await launched.ended).toEqual([1, null]);
    expect(launched.output).toMatch(/^warning: DEBUG is ignored: .*\n/);
    expect(launched.output.split("\n")).toHaveLength(4);
  });

  it("does not run where Node would verify no certificate", async () => {
    const launched = launch(["check", "--host", "tcp://127.0.0.1:1"], { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    expect(await launched.ended).toEqual([2, null]);
    expect(launched.output).toContain("error: NODE_TLS_REJECT_UNAUTHORIZED=0 would accept any certificate");
  });

  it.each([
    ["SIGTERM", "launcher"],
    ["SIGTERM", "group"],
    ["SIGINT", "launcher"],
    ["SIGINT", "group"],
    ["SIGHUP", "group"],
  ] as const)("lets run end in good order at %s to its %s", async (signal, to) => {
    const folder = await temporaryFolder();
    const host = { apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", metadata: { name: "edge-7" } };
    await writeFile(join(folder, "host.json"), JSON.stringify({ ...host, spec: { host: "tcp://127.0.0.1:1" } }));
    const launched = launch(["run", "-f", folder]);
    await eventually(() => expect(launched.output).toContain("ConnectionRefused"));
    launched.send(signal, to);
    expect(await launched.ended).toEqual([0, null]);
  });

  it.each([
    ["SIGTERM", "launcher", 143],
    ["SIGTERM", "group", 143],
    ["SIGINT", "launcher", 130],
    ["SIGINT", "group", 130],
  ] as const)("ends a check that %s to its %s cuts short with %d", async (signal, to, code) => {
    const daemon = await startSimDaemon();
    onTestFinished(() => daemon.close());
    await daemon.setFaults({ kind: "silent" });
    const launched = launch(["check", "--host", `tcp://127.0.0.1:${daemon.port}`]);
    await eventually(() => expect(daemon.counters.connections).toBe(1));
    launched.send(signal, to);
    expect(await launched.ended).toEqual([code, null]);
    expect(launched.output).toBe("");
  });
});
