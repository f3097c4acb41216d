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
 *
 * A signal may have been sent to both processes, as by Ctrl-C, or only to this one. The child cannot see which, so a child
 * that can compare (src/cli/stop-signals.ts) is told of it in a message. For any other child, Ctrl-C is enough.
 * @param {string} node
 * @param {readonly string[]} args
 */
export function handOver(node, args) {
  const child = spawn(node, args, { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  const pending = [];
  let takesSignals = false;
  const pass = (signal) => {
    if (child.connected) child.send({ signal }, () => {});
  };
  child.on("message", (message) => {
    if (message?.takesSignals !== true) return;
    takesSignals = true;
    pending.splice(0).forEach(pass);
  });
  process.on("SIGINT", () => (takesSignals ? pass("SIGINT") : pending.push("SIGINT")));
  for (const signal of ["SIGTERM", "SIGHUP"]) {
    process.on(signal, () => (takesSignals ? pass(signal) : child.kill(signal)));
  }
  child.on("exit", (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
}
