import type { Failure } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";

/** What somebody forbids, while the daemon is there and answers. */
const DENIALS: ReadonlySet<Reason> = new Set(["PermissionDenied", "AuthorizationDenied"]);

export function isDenial({ reason }: Failure): boolean {
  return isDenialReason(reason);
}

/** For words of a status, which may be anything. */
export function isDenialReason(reason: string | undefined): boolean {
  return [...DENIALS].some((denial) => denial === reason);
}
