/** Thrown if the user's flags or input are invalid. The message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
