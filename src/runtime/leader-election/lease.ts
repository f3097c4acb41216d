import type { ApiClient } from "../api-client.ts";
import type { ApiResult } from "../api-error.ts";
import type { KubeObject, ObjectKey } from "../kube-object.ts";
import { toMicroTime } from "../micro-time.ts";
import { collectionPath, objectPath } from "../resource.ts";

/** A coordination.k8s.io/v1 Lease. The process named in `holderIdentity` leads. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  readonly holderIdentity?: string | undefined;
  readonly leaseDurationSeconds?: number | undefined;
  /** These times are only for people: decisions depend only on the process's own clock. */
  readonly acquireTime?: string | undefined;
  readonly renewTime?: string | undefined;
  /** How often the lease passed from one holder to another. */
  readonly leaseTransitions?: number | undefined;
}

const LEASES = { group: "coordination.k8s.io", version: "v1", plural: "leases" };

export interface LeaseLockOptions {
  /** A client whose connections nothing else uses, so that no amount of work delays a renewal. */
  readonly client: ApiClient;
  readonly lease: ObjectKey;
  /** The limit of each call. */
  readonly timeoutMs: number;
}

/** A Lease in the API server. A write succeeds only if nobody else has written since the lease was read. */
export class LeaseLock {
  readonly #options: LeaseLockOptions;

  constructor(options: LeaseLockOptions) {
    this.#options = options;
  }

  read(signal: AbortSignal): Promise<ApiResult<Lease>> {
    const { client, lease, timeoutMs } = this.#options;
    return client.get<Lease>(objectPath(LEASES, lease), { signal, timeoutMs });
  }

  /** @param before the lease that was read; undefined if there is none */
  write(before: Lease | undefined, spec: LeaseSpec, signal: AbortSignal): Promise<ApiResult<Lease>> {
    const { client, lease, timeoutMs } = this.#options;
    const options = { signal, timeoutMs };
    const head = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
    if (before === undefined) {
      const created: Lease = { ...head, metadata: { ...lease }, spec };
      return client.create<Lease>(collectionPath(LEASES, lease.namespace), created, options);
    }
    const replaced: Lease = { ...before, ...head, spec };
    return client.replace<Lease>(objectPath(LEASES, lease), replaced, options);
  }
}

/** Returns the spec of a lease that `identity` acquires or renews. */
export function heldSpec(before: Lease | undefined, identity: string, durationMs: number, now: number): LeaseSpec {
  const held = before?.spec;
  const common = {
    ...held,
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1_000),
    renewTime: toMicroTime(now),
  };
  if (held?.holderIdentity === identity) return common;
  const transitions = held === undefined ? 0 : (held.leaseTransitions ?? 0) + 1;
  return { ...common, acquireTime: toMicroTime(now), leaseTransitions: transitions };
}

/** Returns the spec of a released lease, for which nobody has to wait. */
export function releasedSpec(before: Lease, now: number): LeaseSpec {
  const { holderIdentity: _, ...rest } = before.spec ?? {};
  return { ...rest, leaseDurationSeconds: 1, acquireTime: toMicroTime(now), renewTime: toMicroTime(now) };
}
