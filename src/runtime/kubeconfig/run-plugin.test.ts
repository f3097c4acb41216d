import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../common/clock.ts";
import { runPlugin } from "./run-plugin.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-plugin-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function run(script: string, timeoutMs = 60_000) {
  const env = { PATH: process.env.PATH };
  const { signal } = new AbortController();
  const shared = { interactive: false, showsErrors: false, timeoutMs, clock: systemClock };
  return runPlugin({ command: "sh", args: ["-c", script], env, signal, ...shared });
}

/** A process that has ended may still be listed until its parent notices. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("runPlugin", () => {
  it("returns what the plugin prints", async () => {
    expect(await run("echo hello")).toEqual({ ok: true, value: Buffer.from("hello\n") });
    expect(await run("exit 3")).toEqual({ ok: false, failure: { kind: "Failed", exitCode: 3, signal: null } });
  });

  it("kills a plugin that hangs, with all its processes", async () => {
    const pids = join(folder, "pids");
    const result = await run(`sleep 1000 & echo $$ $! > ${pids}; wait`, 5_000);
    expect(result).toEqual({ ok: false, failure: { kind: "TooLate" } });
    const all = (await readFile(pids, "utf8")).trim().split(" ");
    expect(all).toHaveLength(2);
    await expect.poll(() => all.filter(isRunning)).toEqual([]);
  });

  it("does not wait for a process that keeps the plugin's output open", async () => {
    expect(await run("sleep 60 & echo hello")).toEqual({ ok: true, value: Buffer.from("hello\n") });
  });

  it("bounds what a plugin prints", async () => {
    expect(await run("yes")).toEqual({ ok: false, failure: { kind: "TooLarge" } });
  });
});
