#!/usr/bin/env node
/** Launches the program under each of its names. src/main.ts looks at the name to choose what to run. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findNode24, handOver, isNode24 } from "./node24.js";

const node = findNode24();
const root = fileURLToPath(new URL("..", import.meta.url));
if (!existsSync(`${root}node_modules/.package-lock.json`)) {
  process.stderr.write(
    `error: the packages of this checkout are not installed; run npm ci in ${root}, then try again.\n`,
  );
  process.exit(2);
} else if (isNode24) {
  await import("../src/main.ts");
} else if (node === undefined) {
  process.stderr.write(`dockerhost needs Node 24 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
} else {
  handOver(node, process.argv.slice(1));
}
