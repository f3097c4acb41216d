/** What the user gave cannot be used: flags, or input. The message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
