import type { DockerHostSpec } from "../api/spec.ts";
import { parseDuration } from "../common/duration.ts";

/** The interval of a spec that has none, or one that cannot be read. */
export const DEFAULT_INTERVAL_MS = 5 * 60_000;

/** Milliseconds between two attempts at a host that is connected, or that refused. */
export function connectionInterval(spec: DockerHostSpec): number {
  return parseDuration(spec.interval) ?? DEFAULT_INTERVAL_MS;
}
