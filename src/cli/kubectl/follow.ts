import type { DockerHostObject } from "../../api/docker-host.ts";
import { silentLogger } from "../../common/logger.ts";
import type { KubeObject } from "../../runtime/kube-object.ts";
import { Reflector } from "../../runtime/reflector.ts";
import { Store } from "../../runtime/store.ts";
import type { CliContext } from "../context.ts";
import type { HostCluster } from "./host-cluster.ts";

/** The hosts of a cluster's scope, kept up to date until it is disposed of. */
export interface FollowedHosts extends AsyncDisposable {
  readonly hosts: Store<DockerHostObject>;
}

/** Fails if the first list fails; after that, it waits for an API server that becomes unreachable. */
export async function followHosts(cluster: HostCluster, { clock, random, signal }: CliContext): Promise<FollowedHosts> {
  const hosts = new Store<DockerHostObject>();
  hosts.replace(await cluster.list());
  const { client, path, selector: labelSelector } = cluster;
  const stop = new AbortController();
  const end = () => stop.abort();
  signal.addEventListener("abort", end, { once: true });
  const following = new Reflector({
    client,
    path,
    labelSelector,
    store: hosts,
    clock,
    random,
    logger: silentLogger,
  }).run(stop.signal);
  return {
    hosts,
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", end);
      end();
      await following;
    },
  };
}

/** Waits until the objects meet the condition. Resolves to false if the signal fires first. */
export function untilObjects<T extends KubeObject>(
  objects: Store<T>,
  isFulfilled: (objects: Store<T>) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (fulfilled: boolean) => {
      unsubscribe();
      signal.removeEventListener("abort", giveUp);
      resolve(fulfilled);
    };
    const giveUp = () => finish(false);
    const look = () => {
      if (isFulfilled(objects)) finish(true);
    };
    const unsubscribe = objects.subscribe(look);
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    else look();
  });
}
