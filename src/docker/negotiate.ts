import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";

/** The newest version that this product was built for. Later versions may drop what it reads. */
export const CLIENT_MAX = "1.56";
/** The version of engine 20.10. */
export const CLIENT_MIN = "1.41";

export interface ServerRange {
  readonly apiVersion: string;
  readonly minAPIVersion?: string | undefined;
}

/**
 * Chooses the version to use: the pinned one if the server serves it, otherwise the newest that both sides know.
 * @param endpoint for messages
 */
export function negotiate(server: ServerRange, pinned: string | undefined, endpoint: string): Outcome<string> {
  const min = server.minAPIVersion ?? CLIENT_MIN;
  const range = `API ${server.minAPIVersion === undefined ? "" : `${min} to `}${server.apiVersion}`;
  if (pinned !== undefined) {
    if (compareVersions(pinned, min) >= 0 && compareVersions(pinned, server.apiVersion) <= 0) return success(pinned);
    return unsupported(`The daemon at ${endpoint} serves ${range}, not the pinned ${pinned}`);
  }
  const version = compareVersions(server.apiVersion, CLIENT_MAX) < 0 ? server.apiVersion : CLIENT_MAX;
  if (compareVersions(version, CLIENT_MIN) < 0 || compareVersions(version, min) < 0) {
    return unsupported(
      `The daemon at ${endpoint} serves ${range}, and this program speaks API ${CLIENT_MIN} to ${CLIENT_MAX}`,
    );
  }
  return success(version);
}

function unsupported(problem: string) {
  return failure(advised("APIVersionUnsupported", problem));
}

export function isApiVersion(text: unknown): text is string {
  return typeof text === "string" && /^1\.[0-9]{1,3}$/.test(text);
}

/** Negative, zero or positive if `a` is older than, equal to or newer than `b`. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}
