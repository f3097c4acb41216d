/** The entry point of the program. Passes the process's context to the command line, and sets the exit code. */
import { basename } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import type { CliContext } from "./cli/context.ts";
import { EXIT } from "./cli/exit-codes.ts";
import { tameNodeEnvironment } from "./cli/node-environment.ts";
import { processContext, StoppedBySignal } from "./cli/process-context.ts";
import { harmless } from "./cli/safe-stream.ts";

// On SIGUSR1, Node would open its debugger, which exposes every key in memory. A listener prevents that.
process.on("SIGUSR1", () => {});

const tamed = tameNodeEnvironment(process.env, process.execArgv);
if (tamed.ok) {
  for (const name of tamed.value) process.stderr.write(`warning: ${name} is ignored: it would print keys and tokens\n`);
  await main(basename(process.argv[1] ?? ""), process.argv.slice(2));
} else {
  process.stderr.write(`error: ${tamed.failure}.\n`);
  process.exitCode = EXIT.usage;
}

async function main(name: string, args: readonly string[]): Promise<void> {
  const context = processContext();
  try {
    process.exitCode = await run(name, args, context);
  } catch (error) {
    if (context.signal.reason instanceof StoppedBySignal) process.exit(context.signal.reason.exitCode);
    process.stderr.write(
      harmless(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`),
    );
    process.exitCode = 1;
  }
}

/** Chooses the command line by the program's name, because kubectl finds plugins and their completions by name. */
async function run(name: string, args: readonly string[], context: CliContext): Promise<number> {
  // Load each only now, because libraries read the environment when they are loaded.
  switch (name) {
    case "kubectl-dockerhost":
      return await (await import("./cli/kubectl/plugin-program.ts")).runKubectlPlugin(
        args,
        context,
        packageJson.version,
      );
    case "kubectl_complete-dockerhost":
      return await (await import("./cli/kubectl/completion.ts")).completeKubectl(args, context);
    default:
      return await (await import("./cli/program.ts")).runProgram(args, context, packageJson.version);
  }
}
