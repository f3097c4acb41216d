import type { ContainerUpdateObject, ContainerUpdateOwner } from "../api/container-update.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Objects } from "../runtime/objects.ts";

/** The ContainerUpdates of a cluster. */
export interface ContainerUpdates extends Objects<ContainerUpdateObject, ContainerUpdateOwner> {
  /** Reads from the cache. */
  list(): readonly ContainerUpdateObject[];
  /** Makes the DockerHost the owner, so that the cluster deletes the update with it. Rejects if that fails. */
  own(update: ContainerUpdateObject, host: DockerHostObject, signal: AbortSignal): Promise<void>;
  /** Deletes exactly this object. Rejects if that fails. */
  remove(update: ContainerUpdateObject, signal: AbortSignal): Promise<void>;
}

/** Counts how updates end. Called synchronously; it must neither throw nor wait. */
export interface ContainerUpdateObserver {
  /** @param downtimeMs from the stop of the old container to the start of the new one, if it is known */
  updateEnded(phase: string, downtimeMs: number | undefined): void;
}
