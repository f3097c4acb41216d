import { advised, type Outcome } from "../api/failure.ts";
import { failure } from "../common/result.ts";

/**
 * One step of one host's pass. What it throws is a mistake of this program, which fails this host with a status that
 * says so, and no other. The error's own words stay in the log: they may quote what the step had read.
 */
export async function contain<T>(
  what: string,
  signal: AbortSignal,
  step: () => Outcome<T> | Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await step();
  } catch (error) {
    // What was cut short found out nothing: whoever cut it knows what to make of that.
    signal.throwIfAborted();
    const kind = error instanceof Error ? error.name : typeof error;
    return failure(advised("InternalError", `${what} failed because of a mistake in this program (${kind})`, error));
  }
}
