import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cache, cacheRoot } from "./cache.ts";

const noWait = () => {};

describe("cacheRoot", () => {
  it("is below XDG_CACHE_HOME if that is an absolute path", () => {
    expect(cacheRoot({ XDG_CACHE_HOME: "/var/cache/me" })).toBe("/var/cache/me/dockerhost-operator");
  });

  it.each([undefined, "", "relative"])("is below ~/.cache where XDG_CACHE_HOME is %j", (value) => {
    expect(cacheRoot({ XDG_CACHE_HOME: value })).toBe(join(homedir(), ".cache/dockerhost-operator"));
  });
});

describe.runIf(process.platform === "linux")("Cache", () => {
  let root: string;
  let cache: Cache;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "cache-test-"));
    cache = new Cache(root);
  });
  afterEach(() => rm(root, { recursive: true }));

  const make = (folder: string) => writeFile(join(folder, "tool"), "built");

  it("fills a folder once, no matter how many ask for it", async () => {
    let made = 0;
    const counted = (folder: string) => {
      made += 1;
      return make(folder);
    };
    const folders = await Promise.all([1, 2, 3].map(() => cache.fill("tool-1", noWait, counted)));
    expect(made).toBe(1);
    expect(new Set(folders)).toEqual(new Set([cache.folder("tool-1")]));
    expect(await readFile(join(cache.folder("tool-1"), "tool"), "utf8")).toBe("built");
  });

  it("has nothing after a fill that failed, and fills at the next attempt", async () => {
    const broken = async (folder: string) => {
      await make(folder);
      throw new Error("killed half way");
    };
    await expect(cache.fill("tool-1", noWait, broken)).rejects.toThrow("half way");
    expect(await cache.has("tool-1")).toBe(false);
    await cache.fill("tool-1", noWait, make);
    expect(await cache.has("tool-1")).toBe(true);
  });

  it("starts from an empty folder after a fill that was killed", async () => {
    await mkdir(join(root, "tool-1.partial"));
    await writeFile(join(root, "tool-1.partial", "rest"), "");
    await cache.fill("tool-1", noWait, make);
    expect(await readdir(cache.folder("tool-1"))).toEqual(["tool"]);
  });
});
