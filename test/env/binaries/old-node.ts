import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Cache, cacheRoot } from "./cache.ts";
import { run } from "./run-command.ts";

/** The oldest Node that the launcher and the set-up must run on is 18; this one is what many machines still have. */
const VERSION = "20.20.2";
const SHA256: Readonly<Record<string, string>> = {
  x64: "c3e7aaf69557617ff16376e83078daf2e862f086399b32b341f68ebcd5e72781",
  arm64: "22f39737865492ba68bf7aa0f01f3af5b0ed5d9144b75a0ad52459c32d447998",
};

/** A Node that cannot run the program itself, as npm has it. */
export async function oldNode(): Promise<string> {
  const expected = SHA256[process.arch];
  if (expected === undefined) throw new Error(`there is no Node ${VERSION} for ${process.arch} among npm's packages`);
  const cache = new Cache(cacheRoot(process.env));
  const key = `node-${VERSION}-${expected.slice(0, 12)}`;
  const folder = await cache.fill(
    key,
    () => {},
    async (partial) => {
      const name = `node-linux-${process.arch}`;
      await run("npm", ["pack", "--silent", `${name}@${VERSION}`], { cwd: partial });
      const archive = join(partial, `${name}-${VERSION}.tgz`);
      const found = createHash("sha256")
        .update(await readFile(archive))
        .digest("hex");
      if (found !== expected) throw new Error(`${name}@${VERSION} has the SHA-256 ${found}, not ${expected}`);
      await run("tar", ["-xf", archive, "-C", partial]);
      await rm(archive);
    },
  );
  return join(folder, "package/bin/node");
}
