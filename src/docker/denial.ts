import type { Failure } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";

/** Something that is forbidden although the daemon can be reached and answers. */
const DENIALS: ReadonlySet<Reason> = new Set(["PermissionDenied", "AuthorizationDenied"]);

export function isDenial({ reason }: Failure): boolean {
  return isDenialReason(reason);
}

/** Tests a text from a status, which may be anything. */
export function isDenialReason(reason: string | undefined): boolean {
  return [...DENIALS].some((denial) => denial === reason);
}
