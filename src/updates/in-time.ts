import { failed, type Outcome } from "../api/failure.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { formatDuration } from "../common/duration.ts";

/** A request to a registry that fails with CheckTimedOut when the check's time is over; rejects for any other abort. */
export async function inTime<T>(signal: AbortSignal, request: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await request();
  } catch (error) {
    if (!signal.aborted || !(signal.reason instanceof DeadlineExceeded)) throw error;
    const limit = formatDuration(signal.reason.ms);
    return failed("CheckTimedOut", `The registry had not answered when the time for the check was over (${limit})`);
  }
}
