import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../env/binaries/run-command.ts";

const BUILD = fileURLToPath(new URL("../../scripts/build.ts", import.meta.url));

/**
 * The environment variable with the path of the bundled program. `npm test` builds it once for all tests: they run what the
 * image contains, and a process of it starts in half the time.
 */
export const BUILT_PROGRAM = "DOCKERHOST_TEST_PROGRAM";

/** Bundles the program in this folder, which is replaced, and returns its path. */
export async function buildIn(folder: string): Promise<string> {
  await run(process.execPath, [BUILD, folder]);
  return join(folder, "dockerhost.mjs");
}
