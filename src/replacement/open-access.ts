import type { Clock } from "../common/clock.ts";
import { EngineChanges } from "../docker/engine-changes.ts";
import { EngineDetails } from "../docker/engine-details.ts";
import { EngineLine } from "../docker/engine-line.ts";
import type { EngineTarget } from "../docker/engine-target.ts";
import type { EngineAccess } from "./request.ts";

/** Opens one connection to a daemon, for reads and changes. It ends with the signal. */
export function openAccess(target: EngineTarget, apiVersion: string, clock: Clock, signal: AbortSignal): EngineAccess {
  const line = new EngineLine(target, apiVersion, clock, signal);
  return {
    details: new EngineDetails(line),
    changes: new EngineChanges(line, clock),
    [Symbol.dispose]: () => line[Symbol.dispose](),
  };
}
