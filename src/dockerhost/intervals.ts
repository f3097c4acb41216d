import type { DockerHostSpec } from "../api/spec.ts";
import { parseDuration } from "../common/duration.ts";

/** The interval for a spec without one, or with one that cannot be read. */
export const DEFAULT_INTERVAL_MS = 5 * 60_000;

/** Milliseconds between two attempts for a host that is connected or has refused the connection. */
export function connectionInterval(spec: DockerHostSpec): number {
  return parseDuration(spec.interval) ?? DEFAULT_INTERVAL_MS;
}
