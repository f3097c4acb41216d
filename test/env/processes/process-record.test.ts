import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { isRunning, listProcesses, parseStat, recordOf, signal } from "./process-record.ts";

describe("parseStat", () => {
  it("reads a process whose name holds spaces and parentheses", () => {
    const fields = `R 41 ${Array.from({ length: 17 }, (_, i) => i).join(" ")} 987654 0 0`;
    expect(parseStat(`42 (a) R (b c) ${fields}\n`)).toEqual({ zombie: false, parent: 41, startTime: 987654 });
  });

  it("knows one that has ended", () => {
    expect(parseStat(`42 (sh) Z 41 ${"0 ".repeat(30)}`).zombie).toBe(true);
  });
});

describe.runIf(process.platform === "linux")("a process", () => {
  const start = async () => {
    const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"]);
    await once(child, "spawn");
    const record = recordOf(child.pid ?? 0);
    if (record === undefined) throw new Error("it does not run");
    return { child, record, ended: once(child, "exit") };
  };

  it("runs until it is ended", async () => {
    const { record, ended } = await start();
    expect(isRunning(record)).toBe(true);
    signal(record, "SIGKILL");
    await ended;
    expect(isRunning(record)).toBe(false);
  });

  it("is not touched when the record is of an earlier process with the same id", async () => {
    const { child, record, ended } = await start();
    const earlier = { ...record, startTime: record.startTime - 1 };
    expect(isRunning(earlier)).toBe(false);
    signal(earlier, "SIGKILL");
    expect(isRunning(record)).toBe(true);
    child.kill("SIGKILL");
    await ended;
  });

  it("is listed with its parent", async () => {
    const { record, child, ended } = await start();
    expect(listProcesses()).toContainEqual({ ...record, parent: process.pid });
    child.kill("SIGKILL");
    await ended;
  });
});
