import type { DockerHostObject } from "../api/docker-host.ts";

/** A controller processes a new host within seconds, so a host that waits longer is ignored. */
const PATIENCE_MS = 60_000;

/** Whether no controller has processed the current state of the host, although there was enough time. */
export function isUnclaimed({ metadata, status }: DockerHostObject, now: number): boolean {
  return (
    status?.observedGeneration !== metadata.generation &&
    now - Date.parse(metadata.creationTimestamp ?? "") > PATIENCE_MS &&
    metadata.deletionTimestamp === undefined
  );
}
