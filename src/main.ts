/** The program's entry: takes what the process has, hands it to the command line, and passes its exit code on. */
import packageJson from "../package.json" with { type: "json" };
import { EXIT } from "./cli/exit-codes.ts";
import { tameNodeEnvironment } from "./cli/node-environment.ts";
import { processContext, StoppedBySignal } from "./cli/process-context.ts";

const tamed = tameNodeEnvironment(process.env, process.execArgv);
if (tamed.ok) {
  for (const name of tamed.value) process.stderr.write(`warning: ${name} is ignored: it would print keys and tokens\n`);
  await main();
} else {
  process.stderr.write(`error: ${tamed.failure}.\n`);
  process.exitCode = EXIT.usage;
}

async function main(): Promise<void> {
  const context = processContext();
  try {
    // Only now: libraries read the environment when they are loaded.
    const { runProgram } = await import("./cli/program.ts");
    process.exitCode = await runProgram(process.argv.slice(2), context, packageJson.version);
  } catch (error) {
    if (context.signal.reason instanceof StoppedBySignal) process.exit(context.signal.reason.exitCode);
    process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
