import { API_VERSION } from "../api/group.ts";
import type { Kind } from "../api/kind.ts";
import type { ApiObject } from "../api/object.ts";
import { fieldManagerOf, isStatusApplied } from "../api/status-owners.ts";
import { SharedStrings } from "../common/shared-strings.ts";
import { ClusterObjects, type ClusterObjectsOptions } from "../runtime/cluster-objects.ts";
import { isRecord, type KubeObject } from "../runtime/kube-object.ts";
import type { Store } from "../runtime/store.ts";

/** What objects of every kind in a cluster have in common. */
export type ClusterOptions = Pick<
  ClusterObjectsOptions<ApiObject, string>,
  "client" | "recorder" | "clock" | "random" | "isLeader"
>;

/** The objects of one of our kinds in a cluster. */
export function objectsInCluster<Status extends object, Owner extends string>(
  kind: Kind<Owner>,
  store: Store<ApiObject<Status>>,
  shared: ClusterOptions,
): ClusterObjects<ApiObject<Status>, Owner> {
  const managers = Object.keys(kind.owners).map((owner) => [owner, fieldManagerOf(owner)]);
  return new ClusterObjects({
    ...shared,
    store,
    resource: kind,
    fieldManagers: Object.fromEntries(managers) as Record<Owner, string>,
    isApplied: (status, owner, part) =>
      status !== undefined && status !== null && isStatusApplied(kind.owners, status, owner, part),
    toObject: (raw) => toApiObject<Status>(kind, raw),
  });
}

/**
 * Returns what the store keeps of an object: the parts that are read, without the managed fields, which are larger than
 * the rest. Throws if the namespace or generation is missing; the API server never sends such an object.
 */
export function toApiObject<Status>(
  { kind }: Kind,
  raw: KubeObject & { readonly spec?: unknown; readonly status?: unknown },
): ApiObject<Status> {
  const { name, namespace, uid, generation, resourceVersion, creationTimestamp, deletionTimestamp, ...rest } =
    raw.metadata;
  const { labels, annotations, ownerReferences } = rest;
  if (namespace === undefined || generation === undefined)
    throw new TypeError(`not a ${kind}: no namespace or generation`);
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: {
      name,
      namespace,
      generation,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    ...(raw.spec === undefined ? {} : { spec: raw.spec }),
    // Only this program writes it, and the API server validates it.
    ...(raw.status === undefined ? {} : { status: withSharedTexts(raw.status) as Status }),
  };
}

/** Of all objects in this process. */
const TEXTS = new SharedStrings();

/** The images and digests of its containers are most of a host's status, and the same on many hosts. */
function withSharedTexts(status: unknown): unknown {
  if (!isRecord(status) || status.updates === undefined) return status;
  return { ...status, updates: TEXTS.share(status.updates) };
}
