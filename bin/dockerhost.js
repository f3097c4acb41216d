#!/usr/bin/env node
/** Launches the program under each of its names. src/main.ts looks at the name to choose what to run. */
import { findNode24, handOver, isNode24 } from "./node24.js";

const node = findNode24();
if (isNode24) {
  await import("../src/main.ts");
} else if (node === undefined) {
  process.stderr.write(`dockerhost needs Node 24 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
} else {
  handOver(node, process.argv.slice(1));
}
