import type { DockerHostObject, StatusOwner } from "../api/docker-host.ts";
import type { Outcome } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import type { ObjectEvent, Objects } from "../runtime/objects.ts";
import type { Duplicates } from "./duplicates.ts";

/** An entry per key of the Secret's data, decoded as UTF-8. */
export type SecretEntries = Readonly<Record<string, string>>;

export interface HostEvent extends ObjectEvent {
  readonly reason: Reason;
}

type Hosts = Objects<DockerHostObject, StatusOwner>;

/** What a pass needs from the Secrets. */
export type SecretReader = Pick<Resources, "getSecret">;

/**
 * Where DockerHosts and Secrets are stored: in a cluster or in files. Both adapters serve the same reconcilers. Keys
 * are `namespace/name`.
 */
export interface Resources {
  /** From the cache; undefined if the host is gone. */
  getHost(key: string): DockerHostObject | undefined;
  /** From the cache: the other hosts that last reached the daemon with this id. */
  duplicatesOf(host: DockerHostObject, engineId: string): Duplicates;
  /** Reads the current Secret; undefined if there is none. A failure's reason is SecretUnreadable. */
  getSecret(namespace: string, name: string, signal: AbortSignal): Promise<Outcome<SecretEntries | undefined>>;
  readonly saveStatus: Hosts["saveStatus"];
  /** Never fails and never waits. */
  recordEvent(host: DockerHostObject, event: HostEvent): void;
}
