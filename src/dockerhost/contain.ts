import { advised, type Outcome } from "../api/failure.ts";
import { failure } from "../common/result.ts";

/**
 * Runs one step of a pass over one host. Anything that it throws is a mistake in this program, which fails only this
 * host, with a status that says so. The error's own text goes only to the log, because it may quote what the step has
 * read.
 */
export async function contain<T>(
  what: string,
  signal: AbortSignal,
  step: () => Outcome<T> | Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await step();
  } catch (error) {
    // An interrupted step found out nothing; the caller that interrupted it handles this.
    signal.throwIfAborted();
    const kind = error instanceof Error ? error.name : typeof error;
    return failure(advised("InternalError", `${what} failed because of a mistake in this program (${kind})`, error));
  }
}
