/**
 * `npm test`: sets up the real servers' programs, then runs all levels, unit tests first.
 *
 *   npm test -- --allow-missing   skips the integration tests where the machine cannot have the servers
 *   npm test -- src/docker        anything else goes to vitest
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EnvironmentUnavailable } from "./env/binaries/missing.ts";
import { setUpBinaries } from "./env/binaries.ts";
import { SKIPPED_FILES } from "./summary-reporter.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const log = (line: string) => console.error(line);
const allowMissing = process.argv.includes("--allow-missing");
const filters = process.argv.slice(2).filter((argument) => argument !== "--allow-missing");

const complete = await canIntegrate();
const projects = complete ? [] : ["--project", "unit"];
const skipped = complete
  ? []
  : globSync(["test/{integration,conformance}/**/*.test.ts", "test/{chaos,docs}/*.test.ts"], { cwd: root });
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const summary = join(root, "test/summary-reporter.ts");
const child = spawn(
  process.execPath,
  [vitest, "run", "--reporter=default", `--reporter=${summary}`, ...projects, ...filters],
  { cwd: root, stdio: "inherit", env: { ...process.env, [SKIPPED_FILES]: String(skipped.length) } },
);
// Ctrl-C reaches vitest from the terminal, which then stops the servers: wait for it.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});

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
