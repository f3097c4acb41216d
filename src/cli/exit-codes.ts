export { UsageError } from "../common/usage-error.ts";

/** What the command line ends with; pipelines depend on these. */
export const EXIT = {
  ok: 0,
  /** A host is not Ready, or with --fail-on-updates a check did not succeed. */
  notReady: 1,
  /** Wrong flags or input. */
  usage: 2,
  /** With --fail-on-updates: there are updates. */
  updates: 3,
} as const;

/** The command could not do its work; the message says why. Ends the program with EXIT.notReady. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}
