import type { RestartPolicy } from "../../src/docker/engine-changes.ts";
import type { ListedDetails } from "../../src/docker/engine-details.ts";
import type { JsonObject } from "../../src/docker/json-object.ts";
import { readPlaceName } from "../../src/replacement/transaction-label.ts";

export interface MemoryContainer extends ListedDetails {
  readonly image: string;
  readonly policy: RestartPolicy;
  readonly networkMode: string;
  /** The settings of its endpoints, by network. */
  readonly networks: Readonly<Record<string, JsonObject>>;
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
