import { createHash } from "node:crypto";
import { CONTAINER_UPDATE, type ContainerUpdateObject, isFinished } from "../../../api/container-update.ts";
import { DOCKER_HOST, type DockerHostObject } from "../../../api/docker-host.ts";
import { API_VERSION } from "../../../api/group.ts";
import { failure, type Result, success } from "../../../common/result.ts";
import { type ApiFailure, isTransient } from "../../../runtime/api-error.ts";
import { collectionPath, objectPath } from "../../../runtime/resource.ts";
import { CommandFailed } from "../../exit-codes.ts";
import type { HostCluster } from "../host-cluster.ts";

/** What one update should do, in the fields of its spec. */
export interface Order {
  readonly container: string;
  readonly image: string;
  readonly digest: string;
  /** What runs now, as far as it is known. */
  readonly running?: string | undefined;
}

export interface OrderTerms {
  readonly healthTimeout?: string;
  readonly stableFor?: string;
  readonly keep?: boolean;
  readonly removeOldImage?: boolean;
  readonly hooks?: boolean;
}

const LONGEST_NAME = 253;
const HASH_LENGTH = 8;

/** `HOST-CONTAINER-HASH`: the same for the same update, so that nobody creates it twice at the same time. */
export function updateName(host: string, { container, image, digest }: Order, salt = ""): string {
  const hash = createHash("sha256").update(`${container} ${image} ${digest} ${salt}`).digest("hex");
  const words = `${host}-${container.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
  const room = LONGEST_NAME - HASH_LENGTH - 1;
  return `${words.slice(0, room).replace(/[^a-z0-9]+$/, "")}-${hash.slice(0, HASH_LENGTH)}`;
}

export function updateObject(host: DockerHostObject, order: Order, terms: OrderTerms, name: string) {
  const { healthTimeout: timeout, stableFor, keep, removeOldImage, hooks } = terms;
  const { container, image, digest } = order;
  const { namespace, uid } = host.metadata;
  const health = { ...(timeout !== undefined && { timeout }), ...(stableFor !== undefined && { stableFor }) };
  return {
    apiVersion: API_VERSION,
    kind: CONTAINER_UPDATE.kind,
    metadata: {
      name,
      namespace,
      ownerReferences: [{ apiVersion: API_VERSION, kind: DOCKER_HOST.kind, name: host.metadata.name, uid }],
    },
    spec: {
      hostRef: { name: host.metadata.name },
      container,
      image,
      digest,
      ...(Object.keys(health).length > 0 && { health }),
      ...(keep === true && { onFailure: "Keep" }),
      ...(removeOldImage === true && { removeOldImage }),
      ...(hooks === true && { hooks: "Labels" }),
    },
  };
}

/** An update that was ordered, or that was in progress when it was. */
export interface PlacedOrder {
  readonly update: ContainerUpdateObject;
  readonly isNew: boolean;
}

export interface NotPlaced {
  readonly message: string;
  /** Whether no other update could be created either. */
  readonly concernsAll: boolean;
}

/** The updates of the hosts in the cluster's namespace. */
export class UpdateObjects {
  readonly #cluster: HostCluster;
  readonly #signal: AbortSignal;

  constructor(cluster: HostCluster, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#signal = signal;
  }

  get path(): string {
    return collectionPath(CONTAINER_UPDATE, this.#cluster.namespace);
  }

  /** Lists the updates of one host, newest first. */
  async ofHost(name: string): Promise<ContainerUpdateObject[]> {
    const updates: ContainerUpdateObject[] = [];
    let next: string | undefined;
    do {
      const page = { signal: this.#signal, limit: 500, continue: next };
      const listed = await this.#cluster.client.list<ContainerUpdateObject>(this.path, page);
      if (!listed.ok && listed.failure.kind === "NotFound") {
        throw new CommandFailed(
          "the cluster has no CustomResourceDefinition for ContainerUpdates; upgrade the operator, or choose another --context",
        );
      }
      if (!listed.ok) throw new CommandFailed(listed.failure.message);
      updates.push(...listed.value.items.filter(({ spec }) => hostOf(spec) === name).map(withoutManagedFields));
      next = listed.value.continue;
    } while (next !== undefined);
    const time = ({ metadata }: ContainerUpdateObject) => metadata.creationTimestamp ?? "";
    return updates.toSorted((a, b) => time(b).localeCompare(time(a)) || a.metadata.name.localeCompare(b.metadata.name));
  }

  /**
   * Creates an update, unless the same one is already in progress: that one is returned then, also if somebody created it
   * at this very moment.
   * @param salt makes a second name, for the case that the same update has ended before
   */
  async create(
    host: DockerHostObject,
    order: Order,
    terms: OrderTerms,
    salt: string,
  ): Promise<Result<PlacedOrder, NotPlaced>> {
    const signal = this.#signal;
    for (const name of [updateName(host.metadata.name, order), updateName(host.metadata.name, order, salt)]) {
      const object = updateObject(host, order, terms, name);
      const created = await this.#cluster.client.create<ContainerUpdateObject>(this.path, object, { signal });
      if (created.ok) return success({ update: created.value, isNew: true });
      if (created.failure.kind !== "AlreadyExists") return notPlaced(created.failure);
      const path = objectPath(CONTAINER_UPDATE, { namespace: this.#cluster.namespace, name });
      const found = await this.#cluster.client.get<ContainerUpdateObject>(path, { signal });
      if (found.ok && !isFinished(found.value)) return success({ update: found.value, isNew: false });
      if (!found.ok && found.failure.kind !== "NotFound") return notPlaced(found.failure);
    }
    const message = `somebody else has just updated container ${order.container} in the same way; try again`;
    return failure({ message, concernsAll: false });
  }
}

function notPlaced(failed: ApiFailure): Result<never, NotPlaced> {
  const { kind, message } = failed;
  const concernsAll = isTransient(failed) || kind === "Unauthorized" || kind === "NotFound" || kind === "Aborted";
  return failure({ message, concernsAll });
}

/** kubectl hides them too: they are larger than the rest of an object. */
function withoutManagedFields(update: ContainerUpdateObject): ContainerUpdateObject {
  const { managedFields: _, ...metadata }: ContainerUpdateObject["metadata"] & { managedFields?: unknown } =
    update.metadata;
  return { ...update, metadata };
}

function hostOf(spec: unknown): string | undefined {
  return partsOf(spec).host;
}

/** What the spec of an update names. The spec may have any shape. */
export function partsOf(spec: unknown): {
  readonly host?: string;
  readonly container?: string;
  readonly image?: string;
  readonly digest?: string;
} {
  const { hostRef, container, image, digest } = asRecord(spec);
  const { name } = asRecord(hostRef);
  return {
    ...(typeof name === "string" && { host: name }),
    ...(typeof container === "string" && { container }),
    ...(typeof image === "string" && { image }),
    ...(typeof digest === "string" && { digest }),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
