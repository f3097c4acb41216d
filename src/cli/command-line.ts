import { Command, CommanderError } from "commander";
import type { CliContext } from "./context.ts";
import { CommandFailed, EXIT, UsageError } from "./exit-codes.ts";
import { hintFor } from "./hints.ts";

/** The errors that an operand in place of an option causes: it is too many, or the option is missing. */
const MISPLACED = new Set(["commander.excessArguments", "commander.missingMandatoryOptionValue"]);

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
  try {
    await program.parseAsync(args, { from: "user" });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      const hint = hintFor(program, args, MISPLACED.has(error.code));
      if (hint !== undefined) context.stderr.write(`hint: ${hint}\n`);
      return EXIT.usage;
    }
    if (!(error instanceof UsageError || error instanceof CommandFailed)) throw error;
    context.stderr.write(`error: ${error.message}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.notReady;
  }
}
