/** The program's entry: takes what the process has, hands it to the command line, and passes its exit code on. */
import packageJson from "../package.json" with { type: "json" };
import { runProgram } from "./cli/program.ts";
import { systemClock } from "./common/clock.ts";

// dockerode takes every DOCKER_* variable for its own client: they are read here, once, and then gone.
const docker: Record<string, string | undefined> = {};
for (const name of Object.keys(process.env).filter((each) => each.startsWith("DOCKER_"))) {
  docker[name] = process.env[name];
  delete process.env[name];
}

const stop = new AbortController();
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // Who asks twice does not want to wait for an orderly end.
    if (stopping) process.exit(signal === "SIGINT" ? 130 : 143);
    stopping = true;
    stop.abort(new Error(`stopped by ${signal}`));
  });
}
// A reader that went away, as `head` does, is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  process.exitCode = await runProgram(
    process.argv.slice(2),
    {
      clock: systemClock,
      random: Math.random,
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      env: process.env,
      docker,
      signal: stop.signal,
    },
    packageJson.version,
  );
} catch (error) {
  if (stop.signal.aborted) process.exit(130);
  process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
