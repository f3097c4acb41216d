import { HostDaemon } from "../containerupdate/host-daemon.ts";
import { ContainerUpdateReconciler, type ReconcilerOptions } from "../containerupdate/reconciler.ts";
import type { ContainerUpdates } from "../containerupdate/update-ports.ts";
import { UpdateQueue, type UpdateQueueOptions } from "../containerupdate/update-queue.ts";
import type { EngineAccess } from "../dockerhost/target.ts";

export interface ContainerUpdateParts
  extends Omit<UpdateQueueOptions, "updates" | "hosts" | "reconciler" | "observer">,
    Pick<ReconcilerOptions, "isEnabled" | "isSharded" | "checkHost" | "hosts" | "notifies"> {
  readonly stores: Pick<UpdateQueueOptions, "updates" | "hosts">;
  readonly updates: ContainerUpdates;
  readonly access: EngineAccess;
  readonly ownHostname: string | undefined;
  readonly observers: {
    readonly runtime: UpdateQueueOptions["observer"];
    readonly updates: ReconcilerOptions["observer"];
  };
}

/** Connects the reconciler of ContainerUpdates with its queue. */
export function createUpdateQueue({
  stores,
  access,
  ownHostname,
  observers,
  ...parts
}: ContainerUpdateParts): UpdateQueue {
  const { clock } = parts;
  const reconciler = new ContainerUpdateReconciler({
    ...parts,
    wake: (key) => queue.wake(key),
    mayHaveHost: (uid) => parts.isSharded || stores.hosts.list().some(({ metadata }) => metadata.uid === uid),
    openDaemon: (host, spec, signal) => HostDaemon.of({ host, spec, access, clock, ownHostname }, signal),
    hidesNetworkDetails: access.hidesNetworkDetails,
    observer: observers.updates,
  });
  const queue: UpdateQueue = new UpdateQueue({ ...parts, ...stores, reconciler, observer: observers.runtime });
  return queue;
}
