import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import type { StoredObject } from "./file-objects.ts";
import { StateFolder } from "./state-folder.ts";

const HOST: StoredObject = {
  spec: { host: "tcp://edge-7:2376" },
  generation: 3,
  creationTimestamp: "2026-01-01T00:00:00Z",
  status: { observedGeneration: 3, endpoint: "https://edge-7:2376" },
};

async function prepared() {
  const path = join(await temporaryFolder(), "deep", "state");
  const logger = new MemoryLogger();
  const folder = new StateFolder(path, logger);
  await folder.prepare();
  return { path, folder, logger };
}

describe("StateFolder", () => {
  it("gives back what was saved, also to another process", async () => {
    const { path, folder, logger } = await prepared();
    await folder.save("fleet/edge-7", HOST);
    expect(await new StateFolder(path, logger).load("fleet/edge-7")).toEqual(HOST);
    expect(logger.lines).toEqual([]);
  });

  it("is readable only by its owner", async () => {
    const { path, folder } = await prepared();
    await folder.save("fleet/edge-7", HOST);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, "fleet_edge-7.json"))).mode & 0o777).toBe(0o600);
  });

  it("has nothing for a host that was never saved, and does not complain", async () => {
    const { folder, logger } = await prepared();
    expect(await folder.load("fleet/other")).toBeUndefined();
    expect(logger.lines).toEqual([]);
  });

  it.each([
    ["cut off", '{"spec": {'],
    ["of another form", '{"generation": "three"}'],
    ["empty", ""],
  ])("ignores a file that is %s, and says so", async (_what, text) => {
    const { path, folder, logger } = await prepared();
    await writeFile(join(path, "fleet_edge-7.json"), text);
    expect(await folder.load("fleet/edge-7")).toBeUndefined();
    expect(logger.lines).toMatchObject([{ level: "warn", fields: { path: join(path, "fleet_edge-7.json") } }]);
  });

  it("forgets a host", async () => {
    const { path, folder } = await prepared();
    await folder.save("fleet/edge-7", HOST);
    await folder.remove("fleet/edge-7");
    await folder.remove("fleet/edge-7");
    expect(await readdir(path)).toEqual([]);
  });

  it("writes in the order of the calls, and leaves no drafts behind", async () => {
    const { path, folder } = await prepared();
    const generations = Array.from({ length: 20 }, (_, index) => index + 1);
    await Promise.all(generations.map((generation) => folder.save("fleet/edge-7", { ...HOST, generation })));
    expect(await folder.load("fleet/edge-7")).toMatchObject({ generation: 20 });
    expect(await readdir(path)).toEqual(["fleet_edge-7.json"]);
  });

  it("replaces a file as a whole: a draft that a crash left is not read, and cleared away", async () => {
    const { path, folder } = await prepared();
    for (const name of ["fleet_edge-7.json.tmp", ".5f0c1e0a-8f0c-4c5e-9b0a-3f1d2e4b5a69.tmp"]) {
      await writeFile(join(path, name), '{"spec":');
    }
    expect(await folder.load("fleet/edge-7")).toBeUndefined();
    await folder.prepare();
    await folder.save("fleet/edge-7", HOST);
    expect(JSON.parse(await readFile(join(path, "fleet_edge-7.json"), "utf8"))).toEqual(HOST);
    expect(await readdir(path)).toEqual(["fleet_edge-7.json"]);
  });

  it("rejects when a file cannot be written, leaves no draft, and still writes the next", async () => {
    const { path, folder } = await prepared();
    await mkdir(join(path, "fleet_edge-7.json"));
    await expect(folder.save("fleet/edge-7", HOST)).rejects.toThrow("EISDIR");
    expect(await readdir(path)).toEqual(["fleet_edge-7.json"]);
    await expect(folder.save("fleet/edge-8", HOST)).resolves.toBeUndefined();
  });

  it.each([
    ["of the longest names", `${"n".repeat(63)}/${"a".repeat(253)}`, `${"n".repeat(63)}/${"a".repeat(252)}b`],
    ["of 245 characters", `fleet/${"a".repeat(245)}`, `fleet/${"a".repeat(244)}b`],
    ["that just fit", `fleet/${"a".repeat(234)}`, `fleet/${"a".repeat(235)}`],
  ])("keeps hosts %s, each in a file of its own", async (_what, one, two) => {
    const { folder, logger } = await prepared();
    await folder.save(one, HOST);
    await folder.save(two, { ...HOST, generation: 4 });
    expect([(await folder.load(one))?.generation, (await folder.load(two))?.generation]).toEqual([3, 4]);
    await folder.remove(one);
    expect([await folder.load(one), (await folder.load(two))?.generation]).toEqual([undefined, 4]);
    expect(logger.lines).toEqual([]);
  });
});

describe("what others may put into a state folder", () => {
  it("is not followed: a link in the place of a file or of a draft", async () => {
    const { path, folder, logger } = await prepared();
    const victim = join(path, "..", "victim");
    await writeFile(victim, JSON.stringify(HOST));
    await symlink(victim, join(path, "fleet_edge-7.json"));
    await symlink(victim, join(path, "fleet_edge-7.json.tmp"));
    expect(await folder.load("fleet/edge-7")).toBeUndefined();
    expect(logger.lines).toMatchObject([{ level: "warn" }]);
    await folder.save("fleet/edge-7", { ...HOST, generation: 9 });
    expect(JSON.parse(await readFile(victim, "utf8"))).toEqual(HOST);
    expect(await folder.load("fleet/edge-7")).toMatchObject({ generation: 9 });
  });

  it("does not hang on a pipe", async () => {
    const { path, folder, logger } = await prepared();
    execFileSync("mkfifo", [join(path, "fleet_edge-7.json")]);
    expect(await folder.load("fleet/edge-7")).toBeUndefined();
    expect(logger.lines).toMatchObject([{ level: "warn" }]);
  });

  it.each([0o777, 0o1777, 0o702])("is refused where everybody may write: %o", async (mode) => {
    const { path, folder } = await prepared();
    await chmod(path, mode);
    await expect(folder.prepare()).rejects.toThrow("all users may write to it");
  });

  it("is refused where the folder is a file", async () => {
    const path = join(await temporaryFolder(), "state");
    await writeFile(path, "x");
    await expect(new StateFolder(path, new MemoryLogger()).prepare()).rejects.toThrow();
  });

  it.runIf(process.getuid?.() === 0)("is refused where another user owns the folder", async () => {
    const { path, folder } = await prepared();
    await chown(path, 12_345, 12_345);
    await expect(folder.prepare()).rejects.toThrow("belongs to another user");
  });
});
