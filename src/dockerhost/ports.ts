import type { DockerHostObject } from "../api/docker-host.ts";
import type { Outcome } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import type { DockerHostStatus } from "../api/status.ts";
import type { Twins } from "./twins.ts";

/**
 * The part of the status that each reconciler owns. Neither touches the other's: in a cluster the two write under
 * their own field managers.
 */
export type StatusOwner = "connection" | "updates";

/**
 * stored: the status is now as it was given. gone: the host no longer exists. changed: only with `onlyIfUnchanged`; the host
 * is no longer as it was given, and nothing was stored.
 */
export type StatusSave = "stored" | "gone" | "changed";

/** An entry per key of the Secret's data, decoded as UTF-8. */
export type SecretEntries = Readonly<Record<string, string>>;

export interface HostEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: Reason;
  /** What was being done, in one word: `Connect`, `CheckUpdates`. */
  readonly action: string;
  readonly message: string;
}

/** What a pass needs of the Secrets. */
export type SecretReader = Pick<Resources, "getSecret">;

/**
 * Where DockerHosts and Secrets live: a cluster, or files. Both adapters serve the same reconcilers.
 * Keys are `namespace/name`.
 */
export interface Resources {
  /** From the cache; undefined when the host is gone. */
  getHost(key: string): DockerHostObject | undefined;
  /** From the cache: the other hosts that last reached the daemon with this id. */
  twinsOf(host: DockerHostObject, engineId: string): Twins;
  /** Reads a Secret anew; undefined when there is none. A failure's reason is SecretUnreadable. */
  getSecret(namespace: string, name: string, signal: AbortSignal): Promise<Outcome<SecretEntries | undefined>>;
  /**
   * Stores the complete part of the status that the owner has; a write that would change nothing is skipped.
   * Rejects when it could not be stored: the reconcile is then tried again.
   * With `onlyIfUnchanged` it is stored only if nothing of the host has changed since (by its resourceVersion), so that an
   * intent can be written before an act.
   */
  saveStatus(
    host: DockerHostObject,
    owner: StatusOwner,
    status: DockerHostStatus,
    signal: AbortSignal,
    options?: { readonly onlyIfUnchanged?: boolean },
  ): Promise<StatusSave>;
  /** Never fails and never waits. */
  recordEvent(host: DockerHostObject, event: HostEvent): void;
}
