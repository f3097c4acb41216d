/**
 * Runs a script on Node 24, whatever the version of this Node: either on this one, or on the one that the locked
 * packages contain for Linux. This file is plain JavaScript, since an older Node must be able to read it.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

export const isNode24 = Number(process.versions.node.split(".")[0]) >= 24;

/**
 * Returns the path of a Node 24, or undefined if there is none.
 * @returns {string | undefined}
 */
export function findNode24() {
  if (isNode24) return process.execPath;
  const bundled = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
  return existsSync(bundled) ? bundled : undefined;
}

/**
 * Runs Node with these arguments in place of this process, and passes on its output, signals and exit code.
 * @param {string} node
 * @param {readonly string[]} args
 */
export function handOver(node, args) {
  const child = spawn(node, args, { stdio: "inherit" });
  // Ctrl-C reaches both processes from the terminal; a signal that is sent only to this one is passed on.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
}
