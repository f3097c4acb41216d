import { advised } from "../../src/api/failure.ts";
import type { Reason } from "../../src/api/reasons.ts";
import { failure } from "../../src/common/result.ts";
import { EngineError } from "../../src/docker/fleet-modem.ts";

/** The daemon's own refusal: without the daemon, nothing answers so. */
export function refuse(what: string, reason: Reason, status = 409) {
  const reply = { status, headers: { "api-version": "1.45" }, body: Buffer.from("") };
  return failure(advised(reason, `The daemon refuses to ${what}`, new EngineError(what, reply, "POST")));
}

/** Nobody knows whether the daemon has carried out the request. */
export function lost() {
  return failure(advised("HostUnreachable", "The connection was lost", new Error("the connection was lost")));
}
