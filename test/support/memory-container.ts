import type { RestartPolicy } from "../../src/docker/engine-changes.ts";
import type { ListedDetails } from "../../src/docker/engine-details.ts";
import { readPlaceName } from "../../src/replacement/transaction-label.ts";

export interface MemoryContainer extends ListedDetails {
  readonly image: string;
  readonly policy: RestartPolicy;
  readonly networkMode: string;
  /** Whether somebody has stopped it. */
  readonly isStopped: boolean;
  /** How often it was started. */
  readonly starts: number;
}

/** The own name, or the place in a transaction. */
export function placeOf(name: string): string {
  return readPlaceName(name)?.place ?? name;
}

export function ownNameOf(name: string): string {
  return readPlaceName(name)?.name ?? name;
}
