import { advised, type Failure } from "../api/failure.ts";
import type { registryReasons } from "../api/reasons/registry.ts";

export type RegistryReason = keyof typeof registryReasons;

/** What failed and where, and the next step: by default what the table of reasons advises. `host` has the port, if any. */
export function registryFailure(
  reason: RegistryReason,
  host: string,
  problem: string,
  cause?: unknown,
  next?: string,
): Failure {
  return advised(reason, `Registry ${host}: ${problem}`, cause, next);
}
