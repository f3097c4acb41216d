import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import type { StoredHost } from "./file-resources.ts";
import { StateFolder } from "./state-folder.ts";

const HOST: StoredHost = {
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

  it("is readable by its owner alone", async () => {
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

  it("replaces a file as a whole: a draft that a crash left is not read, and not in the way", async () => {
    const { path, folder } = await prepared();
    await writeFile(join(path, "fleet_edge-7.json.tmp"), '{"spec":');
    expect(await folder.load("fleet/edge-7")).toBeUndefined();
    await folder.save("fleet/edge-7", HOST);
    expect(JSON.parse(await readFile(join(path, "fleet_edge-7.json"), "utf8"))).toEqual(HOST);
  });

  it("rejects when a file cannot be written, and writes the next all the same", async () => {
    const { path, folder } = await prepared();
    await mkdir(join(path, "fleet_edge-7.json.tmp"));
    const first = folder.save("fleet/edge-7", HOST);
    const second = folder.remove("fleet/edge-7");
    await expect(first).rejects.toThrow("EISDIR");
    await expect(second).resolves.toBeUndefined();
  });
});
