#!/usr/bin/env node
/**
 * The launcher behind `dockerhost` and `kubectl-dockerhost`. It runs on any Node and hands over to Node 24: the
 * one that runs it, or the one that the locked packages brought along.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const major = Number(process.versions.node.split(".")[0]);
if (major >= 24) {
  await import("../src/main.ts");
} else {
  const bundled = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
  if (!existsSync(bundled)) {
    process.stderr.write(`dockerhost needs Node 24 or newer; this is ${process.versions.node}.\n`);
    process.exit(2);
  }
  const child = spawn(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches both processes from the terminal; a signal sent to this one alone is passed on.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
}
