import { HostDaemon } from "../containerupdate/host-daemon.ts";
import { ContainerUpdateReconciler, type ReconcilerOptions } from "../containerupdate/reconciler.ts";
import type { ContainerUpdateObserver } from "../containerupdate/update-ports.ts";
import type { Pacing } from "../dockerhost/connection/connection-reconciler.ts";
import type { HostObserver } from "../dockerhost/host-observer.ts";
import type { Resources } from "../dockerhost/ports.ts";
import type { RegistryObserver } from "../registry/registry-observer.ts";
import type { ConnectionPolicies } from "./connection-policy.ts";
import { createReconcilers, type Reconcilers } from "./reconcilers.ts";

/** The reconcilers of DockerHosts and of ContainerUpdates. */
export interface ControllerReconcilers {
  readonly hosts: Reconcilers;
  readonly updates: ContainerUpdateReconciler;
}

export interface ControllerReconcilerParts
  extends Omit<ReconcilerOptions, "hosts" | "openDaemon" | "engine" | "hidesNetworkDetails" | "observer"> {
  readonly resources: Resources;
  readonly policies: ConnectionPolicies;
  readonly pacing: Pacing;
  readonly ownHostname: string | undefined;
  readonly observers: {
    readonly hosts: HostObserver;
    readonly registries: RegistryObserver;
    readonly updates: ContainerUpdateObserver;
  };
}

export function createControllerReconcilers({
  resources,
  policies,
  pacing,
  ownHostname,
  observers,
  ...parts
}: ControllerReconcilerParts): ControllerReconcilers {
  const { clock, random, notifies, isEnabled } = parts;
  const hosts = createReconcilers(resources, clock, random, policies, {
    hosts: observers.hosts,
    registries: observers.registries,
    ...{ pacing, notifies, probesChanges: isEnabled },
  });
  const { access } = hosts;
  const updates = new ContainerUpdateReconciler({
    ...parts,
    hosts: resources,
    openDaemon: (host, spec, signal) => HostDaemon.of({ host, spec, access, clock, ownHostname }, signal),
    hidesNetworkDetails: access.hidesNetworkDetails,
    observer: observers.updates,
  });
  return { hosts, updates };
}
