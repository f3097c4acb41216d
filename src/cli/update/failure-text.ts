import { type Failure, shownOn } from "../../api/failure.ts";
import { reasonEntry } from "../../api/reasons.ts";
import type { Surface } from "../../api/surface.ts";

/**
 * The message of a failure for `dockerhost update`. The update itself is always described by flags; the host is
 * described by flags or by a manifest.
 * @param hosts how the host is described
 */
export function failureText(failure: Failure, hosts: Surface): string {
  const isOfUpdate = reasonEntry(failure.reason).kind === "ContainerUpdate";
  return shownOn(isOfUpdate ? "flags" : hosts, failure).message;
}
