import { failed, type Outcome } from "../api/failure.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { formatDuration } from "../common/duration.ts";

/**
 * Runs a part of a check. It fails with CheckTimedOut if the check's time is over, and rejects for any other abort.
 * @param missing what had not happened by then, as the beginning of a sentence
 */
export async function inTime<T>(
  signal: AbortSignal,
  work: () => Promise<Outcome<T>>,
  missing = "The registry had not answered",
): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted || !(signal.reason instanceof DeadlineExceeded)) throw error;
    const limit = formatDuration(signal.reason.ms);
    return failed("CheckTimedOut", `${missing} when the time for the check was over (${limit})`);
  }
}
