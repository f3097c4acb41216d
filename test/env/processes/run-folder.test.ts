import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { isRunning, recordOf } from "./process-record.ts";
import {
  abandonedRunFolders,
  claimAbandoned,
  clearRunFolder,
  createRunFolder,
  ownerOf,
  readRecord,
  writeRecord,
} from "./run-folder.ts";

describe("ownerOf", () => {
  it("is found in a run folder's name", () => {
    expect(ownerOf("dockerhost-test-123-4567-aB3xYz")).toEqual({ pid: 123, startTime: 4567 });
  });

  it.each(["dockerhost-test-123", "other-1-2-abc", "dockerhost-test-1-2-abc.tar"])("is unknown of %s", (name) => {
    expect(ownerOf(name)).toBeUndefined();
  });
});

describe.runIf(process.platform === "linux")("a run folder", () => {
  it("is not abandoned while its owner runs", () => {
    const folder = createRunFolder();
    expect(abandonedRunFolders()).not.toContain(folder);
    clearRunFolder(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it("is abandoned when its owner is gone, also if another process has the id by now", () => {
    const own = recordOf(process.pid);
    const folder = mkdtempSync(join(tmpdir(), `dockerhost-test-${process.pid}-${(own?.startTime ?? 0) - 1}-`));
    expect(abandonedRunFolders()).toContain(folder);
    clearRunFolder(folder);
  });

  it("is cleared by one process only, and by another one if that process is gone", () => {
    const folder = createRunFolder();
    expect(claimAbandoned(folder)).toBe(true);
    expect(claimAbandoned(folder)).toBe(false);
    const own = recordOf(process.pid);
    writeFileSync(join(folder, "cleared-by.json"), JSON.stringify({ ...own, startTime: 1 }));
    expect(claimAbandoned(folder)).toBe(true);
    clearRunFolder(folder);
    expect(claimAbandoned(folder)).toBe(false);
  });

  it("remembers the last process of each server", () => {
    const folder = createRunFolder();
    expect(readRecord(folder, "etcd")).toBeUndefined();
    writeRecord(folder, "etcd", { pid: 1, startTime: 2 });
    writeRecord(folder, "etcd", { pid: 3, startTime: 4 });
    expect(readRecord(folder, "etcd")).toEqual({ pid: 3, startTime: 4 });
    clearRunFolder(folder);
  });

  it("is cleared together with the processes of its servers", async () => {
    const folder = createRunFolder();
    mkdirSync(join(folder, "data"));
    const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"]);
    const ended = once(child, "exit");
    await once(child, "spawn");
    const record = recordOf(child.pid ?? 0);
    if (record === undefined) throw new Error("it does not run");
    writeRecord(folder, "server", record);
    clearRunFolder(folder);
    expect(isRunning(record)).toBe(false);
    await ended;
    expect(existsSync(folder)).toBe(false);
    expect(ownerOf(basename(folder))?.pid).toBe(process.pid);
  });
});
