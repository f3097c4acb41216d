import { CONTAINER_UPDATE, type ContainerUpdateObject, type ContainerUpdateOwner } from "../api/container-update.ts";
import { DOCKER_HOST, type DockerHostObject } from "../api/docker-host.ts";
import { API_VERSION } from "../api/group.ts";
import { type ClusterOptions, objectsInCluster } from "../dockerhost/objects-in-cluster.ts";
import { type ApiResult, isTransient } from "../runtime/api-error.ts";
import type { ClusterObjects } from "../runtime/cluster-objects.ts";
import { keyOf, parseKey } from "../runtime/kube-object.ts";
import { objectPath } from "../runtime/resource.ts";
import { withRetries } from "../runtime/retry.ts";
import type { Store } from "../runtime/store.ts";
import type { ContainerUpdates } from "./update-ports.ts";

const FIELD_MANAGER = "dockerhost-owner";

export interface ClusterUpdatesOptions extends ClusterOptions {
  readonly store: Store<ContainerUpdateObject>;
}

/** The ContainerUpdates of a cluster, through its API server. */
export class ClusterUpdates implements ContainerUpdates {
  readonly #options: ClusterUpdatesOptions;
  readonly #objects: ClusterObjects<ContainerUpdateObject, ContainerUpdateOwner>;

  constructor(options: ClusterUpdatesOptions) {
    this.#options = options;
    this.#objects = objectsInCluster(CONTAINER_UPDATE, options.store, options);
  }

  get(key: string): ContainerUpdateObject | undefined {
    return this.#objects.get(key);
  }

  list(): readonly ContainerUpdateObject[] {
    return this.#options.store.list();
  }

  saveStatus(...write: Parameters<ContainerUpdates["saveStatus"]>): ReturnType<ContainerUpdates["saveStatus"]> {
    return this.#objects.saveStatus(...write);
  }

  recordEvent(...event: Parameters<ContainerUpdates["recordEvent"]>): void {
    this.#objects.recordEvent(...event);
  }

  async own(update: ContainerUpdateObject, host: DockerHostObject, signal: AbortSignal): Promise<void> {
    const { name, namespace, uid } = update.metadata;
    const { metadata } = host;
    const owner = { apiVersion: API_VERSION, kind: DOCKER_HOST.kind, name: metadata.name, uid: metadata.uid };
    const body = {
      apiVersion: API_VERSION,
      kind: CONTAINER_UPDATE.kind,
      // The uid keeps the API server from creating a deleted object again.
      metadata: { name, namespace, uid, ownerReferences: [owner] },
    };
    const apply = { signal, fieldManager: FIELD_MANAGER, force: true };
    await this.#write(update, signal, (path) => this.#options.client.apply(path, body, apply));
  }

  async remove(update: ContainerUpdateObject, signal: AbortSignal): Promise<void> {
    const { uid } = update.metadata;
    await this.#write(update, signal, (path) => this.#options.client.delete(path, { signal, uid }));
  }

  async #write(
    update: ContainerUpdateObject,
    signal: AbortSignal,
    send: (path: string) => Promise<ApiResult<unknown>>,
  ): Promise<void> {
    const { clock, random, isLeader } = this.#options;
    if (isLeader?.() === false) throw new Error("this process no longer leads");
    const path = objectPath(CONTAINER_UPDATE, parseKey(keyOf(update)));
    const options = { what: path, clock, random, signal, retryable: isTransient };
    const sent = await withRetries(() => send(path), options);
    // The object was deleted, or another object has its name now.
    if (sent.ok || sent.failure.kind === "NotFound" || sent.failure.kind === "Conflict") return;
    throw new Error(`The update could not be changed: ${sent.failure.message}`, { cause: sent.failure.cause });
  }
}
