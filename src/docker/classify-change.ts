import { advised, type Failure } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { replyText } from "./classify-reply.ts";
import { EngineError } from "./fleet-modem.ts";

type Row = readonly [request: RegExp, status: number | undefined, words: RegExp, reason: Reason];

const ANY = /./s;
const CREATE = /^POST \/containers\/create/;
const START = /^POST \/containers\/[^/]+\/(?:re)?start/;
const EXEC = /^POST \/(?:containers\/[^/]+\/exec|exec\/)/;
const STOP = /^POST \/containers\/[^/]+\/stop/;

/**
 * What it means when the daemon refuses a change. The first matching row counts; without one, the general rules apply.
 */
const ROWS: readonly Row[] = [
  [ANY, undefined, /no space left on device|disk quota exceeded/i, "HostDiskFull"],
  [ANY, 409, /is already in use by container|name .* is already in use/i, "ContainerNameTaken"],
  [ANY, 409, /removal of container .* is already in progress|is marked for removal/i, "ContainerInTransition"],
  [ANY, 404, /no such image/i, "ImageNotPulled"],
  [/^POST \/images\//, 404, ANY, "ImageNotPulled"],
  // The runtime has no process for a container that restarts in a loop and is between two runs. How it says so depends on
  // what of the last run is already gone: a stopped container, a deleted process, no task, or a closed connection.
  [/^POST \/containers\/[^/]+\/update/, 500, /^cannot update container /i, "ContainerInTransition"],
  [CREATE, undefined, ANY, "ContainerRejected"],
  [/^POST \/networks\//, undefined, ANY, "ContainerRejected"],
  [ANY, 404, /no such container/i, "ContainerNotFound"],
  [START, undefined, ANY, "ContainerStartFailed"],
  [STOP, undefined, ANY, "ContainerStopFailed"],
  [EXEC, undefined, ANY, "HookFailed"],
];

/** These did not come from the daemon itself: for every kind of request, the proxy or the plugin has to be changed. */
const DENIED_BY_PLUGIN = /^authorization denied by plugin /;

/** Takes the general diagnosis about a failed request and returns the reason that a change has for it. */
export function classifyChange(failed: Failure, endpoint: string): Failure {
  const { cause } = failed;
  if (!(cause instanceof EngineError) || cause.reply.headers["api-version"] === undefined) return failed;
  const { status } = cause.reply;
  const text = replyText(cause.reply);
  if (DENIED_BY_PLUGIN.test(text)) return failed;
  const request = `${cause.method} ${cause.path.replace(/^\/v[0-9.]+/, "")}`;
  const row = ROWS.find(
    ([path, code, words]) => path.test(request) && (code ?? status) === status && words.test(text || "-"),
  );
  if (row === undefined) return failed;
  const [, , , reason] = row;
  const what = request.replace(/\?.*$/, "").replace(/[0-9a-f]{64}/g, "{id}");
  return advised(
    reason,
    `The daemon at ${endpoint} answered ${status} to ${what}${text === "" ? "" : `: ${text}`}`,
    cause,
  );
}

/**
 * Whether the daemon, or something in front of it, refused the request. If it did not, it is unknown whether the change
 * was made: a proxy that answers 502 or 504 may have passed the request on.
 */
export function wasAnswered({ cause }: Failure): boolean {
  if (!(cause instanceof EngineError)) return false;
  return cause.reply.headers["api-version"] !== undefined || cause.reply.status < 500;
}
