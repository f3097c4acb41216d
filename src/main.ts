/** The program's entry: takes what the process has, hands it to the command line, and passes its exit code on. */
import packageJson from "../package.json" with { type: "json" };
import { processContext, StoppedBySignal } from "./cli/process-context.ts";
import { runProgram } from "./cli/program.ts";

const context = processContext();
try {
  process.exitCode = await runProgram(process.argv.slice(2), context, packageJson.version);
} catch (error) {
  if (context.signal.reason instanceof StoppedBySignal) process.exit(context.signal.reason.exitCode);
  process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
