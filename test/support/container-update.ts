import type { ContainerUpdateObject } from "../../src/api/container-update.ts";
import type { ContainerUpdateStatus } from "../../src/api/container-update-status.ts";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { ContainerUpdates } from "../../src/containerupdate/update-ports.ts";
import type { ObjectEvent, StatusSave } from "../../src/runtime/objects.ts";
import type { WriteOptions } from "../../src/runtime/status-writer.ts";
import { Store } from "../../src/runtime/store.ts";
import { condition, dockerHost } from "./docker-host.ts";

export const DIGEST = `sha256:${"d".repeat(64)}`;

/** The ContainerUpdate `fleet/web` of the DockerHost `fleet/edge-7`. */
export function containerUpdate(
  spec: object = {},
  status: ContainerUpdateStatus = { observedGeneration: -1 },
  metadata: Partial<ContainerUpdateObject["metadata"]> = {},
): ContainerUpdateObject {
  return {
    apiVersion: "dockerhost.dev/v1alpha1",
    kind: "ContainerUpdate",
    metadata: { name: "web", namespace: "fleet", uid: "u-web", generation: 1, resourceVersion: "1", ...metadata },
    spec: { hostRef: { name: "edge-7" }, container: "web", image: "shop/web:1", digest: DIGEST, ...spec },
    status,
  };
}

/** A connected host that allows updates. */
export function updatableHost(spec: object = {}): DockerHostObject {
  return dockerHost({
    spec: { host: "tcp://edge-7:2375", allowUpdates: true, ...spec },
    status: {
      observedGeneration: 1,
      engine: { id: "ENGINE", name: "Docker", apiVersion: "1.45" },
      conditions: [{ ...condition("Connected", "True", "ConnectionEstablished"), message: "Connected" }],
    },
  });
}

/** ContainerUpdates in memory, with the versions of an API server. */
export class MemoryUpdates implements ContainerUpdates {
  readonly store = new Store<ContainerUpdateObject>();
  readonly events: string[] = [];
  /** The phases and reasons that were stored. */
  readonly written: string[] = [];
  readonly owned: string[] = [];
  readonly removed: string[] = [];
  #version = 1;

  get(key: string): ContainerUpdateObject | undefined {
    return this.store.get(key);
  }

  list(): readonly ContainerUpdateObject[] {
    return this.store.list();
  }

  /** As a user or another controller does it. */
  put(object: ContainerUpdateObject): void {
    const resourceVersion = String(++this.#version);
    this.store.upsert({ ...object, metadata: { ...object.metadata, resourceVersion } });
  }

  async saveStatus(
    object: ContainerUpdateObject,
    _owner: "replacement",
    status: ContainerUpdateStatus,
    signal: AbortSignal,
    { onlyIfUnchanged = false }: WriteOptions = {},
  ): Promise<StatusSave> {
    signal.throwIfAborted();
    await Promise.resolve();
    const current = this.store.get(`${object.metadata.namespace}/${object.metadata.name}`);
    if (current === undefined || current.metadata.uid !== object.metadata.uid) return "gone";
    if (onlyIfUnchanged && current.metadata.resourceVersion !== object.metadata.resourceVersion) return "changed";
    if (JSON.stringify(current.status) === JSON.stringify(status)) return "stored";
    const ready = status.conditions?.find(({ type }) => type === "Ready");
    this.written.push(`${status.phase} ${ready?.reason}`);
    this.put({ ...current, status });
    return "stored";
  }

  recordEvent(_object: ContainerUpdateObject, { type, reason }: ObjectEvent): void {
    this.events.push(`${type} ${reason}`);
  }

  async own(update: ContainerUpdateObject, host: DockerHostObject): Promise<void> {
    this.owned.push(`${update.metadata.name} by ${host.metadata.uid}`);
  }

  async remove({ metadata }: ContainerUpdateObject): Promise<void> {
    this.removed.push(metadata.name);
    this.store.remove(`${metadata.namespace}/${metadata.name}`);
  }
}
