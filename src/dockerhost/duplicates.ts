import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { EngineStatus } from "../api/status.ts";
import { keyOf } from "../runtime/kube-object.ts";
import type { Store } from "../runtime/store.ts";

/** The other hosts that reach the same daemon, as far as a user of one namespace may know about them. */
export interface Duplicates {
  /** A host in the same namespace; the first by name. */
  readonly named?: string;
  /** How many more duplicates there are in the same namespace. */
  readonly more: number;
  /** Whether there are some in other namespaces for which it is proven. */
  readonly elsewhere: boolean;
}

const INDEX = "engineId";

/** Identifies this kind of warning. */
const ADVICE =
  "Remove all but one; where the machines are clones that share an engine id, let Docker make up a new id on each of them.";

/** The hosts, by the id of the daemon that they last reached. */
export class EngineIndex {
  readonly #hosts: Store<DockerHostObject>;

  constructor(hosts: Store<DockerHostObject>) {
    this.#hosts = hosts;
    hosts.addIndex(INDEX, (host) => {
      const id = engineId(host.status?.engine);
      return id === undefined ? [] : [id];
    });
  }

  /** The other hosts of the daemon with this id, as far as they concern `host`. */
  hostsBeside(host: DockerHostObject, id: string): readonly DockerHostObject[] {
    const isBeside = (other: DockerHostObject) =>
      keyOf(other) !== keyOf(host) &&
      (other.metadata.namespace === host.metadata.namespace || isProvenSame(other, host));
    return this.#hosts.byIndex(INDEX, id).filter(isBeside);
  }

  duplicatesOf(host: DockerHostObject, id: string): Duplicates {
    const others = this.hostsBeside(host, id);
    const names = others
      .filter(({ metadata }) => metadata.namespace === host.metadata.namespace)
      .map(({ metadata }) => metadata.name);
    const named = names.reduce<string | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
    return {
      ...(named === undefined ? {} : { named }),
      more: Math.max(0, names.length - 1),
      elsewhere: others.length > names.length,
    };
  }
}

/**
 * Whether two hosts of different tenants certainly reach the same daemon. Any daemon can claim any engine id, and any
 * user may choose the CA of their own host. But only the daemon itself has the key of its certificate, and a socket of
 * this machine is the same for every tenant.
 */
function isProvenSame(a: DockerHostObject, b: DockerHostObject): boolean {
  const proof = proofOf(a);
  return proof !== undefined && proof === proofOf(b);
}

function proofOf({ status }: DockerHostObject): string | undefined {
  // The certificate of a failed handshake proves nothing about the daemon that answered earlier.
  if (findCondition(status?.conditions, "Connected")?.status !== "True") return undefined;
  if (status?.endpoint?.startsWith("unix://")) return status.endpoint;
  const isVerified = status?.tlsMode === "Mutual" || status?.tlsMode === "ServerVerified";
  return isVerified ? status.certificates?.server?.fingerprint : undefined;
}

/** Identifies a daemon. Podman generates a new id for each answer. */
export function engineId(engine: EngineStatus | undefined): string | undefined {
  return engine?.name === "Podman" || engine?.id === "" ? undefined : engine?.id;
}

/** The name of an object in another namespace, which may belong to another tenant, is not revealed. */
export function duplicateWarning({ named, more, elsewhere }: Duplicates): string | undefined {
  const others = [
    ...(named === undefined ? [] : [`DockerHost "${named}"`]),
    ...(more > 0 ? [`${more} more in this namespace`] : []),
    ...(elsewhere ? ["a DockerHost in another namespace"] : []),
  ];
  const last = others.pop();
  if (last === undefined) return undefined;
  const subject = others.length === 0 ? last : `${others.join(", ")} and ${last}`;
  const isOne = others.length === 0;
  return `${subject.replace(/^a /, "A ")} ${isOne ? "reaches" : "reach"} the same daemon. ${ADVICE}`;
}

export function isDuplicateWarning(warning: string): boolean {
  return warning.endsWith(ADVICE);
}
