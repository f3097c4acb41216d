/**
 * `npm test`: sets up the real servers' programs, then runs all levels. The last line says how many tests passed.
 *
 *   npm test -- --allow-missing   skips the integration tests where the machine cannot have the servers
 *   npm test -- src/docker        anything else goes to vitest
 */
import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EnvironmentUnavailable } from "./env/binaries/missing.ts";
import { setUpBinaries } from "./env/binaries.ts";
import { type Lane, runLanes, WHOLE_RUN } from "./lanes.ts";
import { BUILT_PROGRAM, buildIn } from "./support/built-program.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const log = (line: string) => console.error(line);
const allowMissing = process.argv.includes("--allow-missing");
const filters = process.argv.slice(2).filter((argument) => argument !== "--allow-missing");

const onServers = globSync(["test/{integration,conformance}/**/*.test.ts", "test/{chaos,docs}/*.test.ts"], {
  cwd: root,
});
const wanted = onServers.filter(isChosen);
const complete = wanted.length === 0 || (await canIntegrate());

// Ctrl-C reaches vitest from the terminal, which then stops the servers: wait for it.
process.on("SIGINT", () => {});
const folder = await mkdtemp(join(tmpdir(), "dockerhost-program-"));
try {
  if (complete && wanted.length > 0) process.env[BUILT_PROGRAM] = await buildIn(folder);
  const { exitCode, counts } = await runLanes(chosenLanes());
  const skipped = counts.skipped + (complete ? 0 : wanted.length);
  console.log(`${counts.passed} passed, ${counts.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exitCode = exitCode;
} finally {
  await rm(folder, { recursive: true });
}

/** Vitest runs the files whose paths contain one of the filters. What follows a flag may be its value, so flags choose all. */
function isChosen(file: string): boolean {
  const paths = filters.map((filter) => filter.replace(root, "").replace(/^\.\//, "").replace(/:\d+$/, ""));
  return filters.length === 0 || paths.some((path) => path.startsWith("-") || file.includes(path));
}

function chosenLanes(): readonly Lane[] {
  if (!complete || wanted.length === 0) return [["--project", "unit", ...filters]];
  return filters.length === 0 ? WHOLE_RUN : [filters];
}

/** Says what is missing; ends the run unless that is allowed. */
async function canIntegrate(): Promise<boolean> {
  try {
    await setUpBinaries({ log, environment: process.env });
    return true;
  } catch (error) {
    if (!(error instanceof EnvironmentUnavailable)) throw error;
    log(error.message);
    if (!allowMissing) {
      log(
        "The integration tests cannot run. `npm test -- --allow-missing` runs the others; `npm run test:unit` needs none of this.",
      );
      process.exit(1);
    }
    log("SKIPPED: the integration tests, as --allow-missing says.");
    return false;
  }
}
