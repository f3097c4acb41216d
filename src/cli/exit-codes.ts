import { UsageError } from "../common/usage-error.ts";

export { UsageError };

/** The exit codes of the program. Pipelines depend on them. */
export const EXIT = {
  ok: 0,
  /** A host is not Ready, or, with --fail-on-updates, a check did not succeed. */
  notReady: 1,
  /** The flags or the input are wrong. */
  usage: 2,
  /** There are updates, and --fail-on-updates is given. */
  updates: 3,
  /** An update failed and was rolled back; none is left in another state than before. */
  rolledBack: 4,
} as const;

/** The input has problems, each of which gets a line of its own. */
export function problemsFound(problems: readonly { readonly source: string; readonly message: string }[]): UsageError {
  return new UsageError(problems.map(({ source, message }) => `${source}: ${message}`).join("\nerror: "));
}

/** The command could not do its work, and the message says why. The program exits with EXIT.notReady. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}
