/**
 * Makes a fresh checkout ready: installs the locked packages where they are missing or older than the lock file.
 * Plain JavaScript that runs on any Node from 18 on: it is what brings Node 24 (in node_modules/.bin) to a machine
 * whose own is older. Prints nothing when there is nothing to do.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = join(root, "node_modules", ".dockerhost-setup");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .update(`${process.platform} ${process.arch}`)
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  const started = Date.now();
  process.stderr.write("Installing the locked packages (npm ci) ...\n");
  // npm's own output goes to standard error: standard output belongs to the command that follows.
  // The engine warnings are about the machine's own Node; every script runs on the Node 24 that this step installs.
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    process.stderr.write(
      `npm ci failed (${npm.error?.message ?? `exit code ${npm.status}`}); mend what it says above and run the command again.\n`,
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
  process.stderr.write(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`);
}

const localNode = join(root, "node_modules", ".bin", "node");
if (!existsSync(localNode) && Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(
    `This machine's Node is ${process.versions.node}, and Node 24 is bundled for Linux on x64 and arm64 only: install Node 24 or newer and run the command again.\n`,
  );
  process.exit(1);
}
