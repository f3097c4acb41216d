#!/usr/bin/env node
/** The launcher behind `dockerhost` and `kubectl-dockerhost`. */
import { fileURLToPath } from "node:url";
import { findNode24, handOver, isNode24 } from "./node24.js";

const node = findNode24();
if (isNode24) {
  await import("../src/main.ts");
} else if (node === undefined) {
  process.stderr.write(`dockerhost needs Node 24 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
} else {
  handOver(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
