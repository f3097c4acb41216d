import { failure, type Result } from "../common/result.ts";
import { type Reason, reasonEntry } from "./reasons.ts";
import { type Advice, adviceOn, type Surface } from "./surface.ts";

/** A failure that is shown to users: what failed, where, why and the next step, with one stable reason. */
export interface Failure {
  readonly reason: Reason;
  /** For a condition: the same cause always gives the same text; never Secret content. */
  readonly message: string;
  /** The message for a command line that names the host by flags, if it differs. */
  readonly messageByFlags?: string;
  /** The message without the next step, if it has one, for a message that has another next step. */
  readonly problem?: string;
  /** For the log only. */
  readonly cause?: unknown;
  /** Wall-clock milliseconds before which trying again is useless (a registry's Retry-After). */
  readonly retryAt?: number;
}

export type Outcome<T> = Result<T, Failure>;

export function failed(reason: Reason, message: string, cause?: unknown): { ok: false; failure: Failure } {
  return failure(cause === undefined ? { reason, message } : { reason, message, cause }) as {
    ok: false;
    failure: Failure;
  };
}

/**
 * A failure whose message ends with the next step: the one in the table of reasons, or `next` where what was found allows
 * better advice. `problem` ends without a full stop.
 */
export function advised(reason: Reason, problem: string, cause?: unknown, next: Advice = adviceFor(reason)): Failure {
  // Words of others may end with one.
  const bare = problem.replace(/[.\s]+$/, "");
  const on = (surface: Surface) => `${bare}. ${adviceOn(surface, next)}`;
  return {
    reason,
    message: on("object"),
    problem: bare,
    ...(typeof next !== "string" && { messageByFlags: on("flags") }),
    ...(cause !== undefined && { cause }),
  };
}

/** The failure with the message that is read on this surface. */
export function shownOn(surface: Surface, { messageByFlags, ...failure }: Failure): Failure {
  return surface === "flags" && messageByFlags !== undefined ? { ...failure, message: messageByFlags } : failure;
}

/** Returns what failed, for a message that continues after it. */
export function problemOf({ problem, message }: Failure): string {
  return problem ?? message.replace(/[.\s]+$/, "");
}

function adviceFor(reason: Reason): Advice {
  const { fix, fixByFlags } = reasonEntry(reason);
  return fixByFlags === undefined ? fix : { object: fix, flags: fixByFlags };
}
