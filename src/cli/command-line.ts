import { Command, CommanderError } from "commander";
import type { CliContext } from "./context.ts";
import { CommandFailed, EXIT, UsageError } from "./exit-codes.ts";
import { hintFor, knowsWord } from "./hints.ts";

/** Creates a command line that writes to the context's streams and never ends the process itself. */
export function commandLine(name: string, context: CliContext): Command {
  return new Command(name)
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns ?? 100,
      getErrHelpWidth: () => context.stderr.columns ?? 100,
    })
    .showHelpAfterError("(see --help)")
    .exitOverride();
}

/**
 * Runs the command line. Resolves to an exit code if the arguments are wrong or the command failed, else to undefined.
 */
export async function parseCommandLine(
  program: Command,
  args: readonly string[],
  context: CliContext,
): Promise<number | undefined> {
  // A hint says what is meant. Commander's nearest command would contradict it.
  if (knowsWord(program, args)) program.showSuggestionAfterError(false);
  try {
    await program.parseAsync(args, { from: "user" });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) {
      const hint = hintFor(program, args, error.code);
      if (hint !== undefined) context.stderr.write(`hint: ${hint}\n`);
      return error.exitCode === 0 && hint === undefined ? EXIT.ok : EXIT.usage;
    }
    if (!(error instanceof UsageError || error instanceof CommandFailed)) throw error;
    context.stderr.write(`error: ${error.message}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.notReady;
  }
}
