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

/** Wrong flags or input; the message says what to do. Ends the program with EXIT.usage. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command could not do its work; the message says why. Ends the program with EXIT.notReady. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}
