/**
 * Prepares a fresh checkout: installs the locked packages if they are missing or differ from the lock file. Then runs
 * the script that its arguments name on Node 24, which is one of those packages. (`node setup.js && node script.ts`
 * would not work: the shell remembers where it found the first `node`, which may be an old one.) This file is plain
 * JavaScript for Node 18 and newer. It prints nothing if there is nothing to do.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode24, handOver } from "../bin/node24.js";

const root = fileURLToPath(new URL("..", import.meta.url));

if (!isInstalled()) {
  const started = performance.now();
  process.stderr.write("Installing the locked packages (npm ci) ...\n");
  // npm's own output goes to standard error: standard output belongs to the command that follows.
  // npm's warnings about engines concern the machine's own Node; every script runs on the Node 24 that this installs.
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    const why = npm.error?.message ?? `exit code ${npm.status}`;
    process.stderr.write(`npm ci failed (${why}); fix the problem that it reports above and run the command again.\n`);
    process.exit(1);
  }
  process.stderr.write(`Installed in ${((performance.now() - started) / 1000).toFixed(0)} s.\n`);
}

const node = findNode24();
if (node === undefined) {
  process.stderr.write(
    `This machine's Node is ${process.versions.node}, and Node 24 is bundled for Linux on x64 and arm64 only: install Node 24 or newer and run the command again.\n`,
  );
  process.exit(1);
}
if (process.argv.length > 2) handOver(node, process.argv.slice(2));

/** npm records what it installed in a lock file, which leaves out optional packages for other platforms. */
function isInstalled() {
  const installed = packagesOf("node_modules/.package-lock.json");
  const locked = packagesOf("package-lock.json");
  return (
    installed !== undefined &&
    Object.entries(locked ?? {}).every(([path, { version, optional }]) => {
      return path === "" || (optional === true && !(path in installed)) || installed[path]?.version === version;
    })
  );
}

/** @returns {Record<string, {version?: string, optional?: boolean}> | undefined} */
function packagesOf(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : undefined;
}
