import type { DockerHostObject } from "../../api/docker-host.ts";
import { silentLogger } from "../../common/logger.ts";
import { Reflector } from "../../runtime/reflector.ts";
import { Store } from "../../runtime/store.ts";
import type { CliContext } from "../context.ts";
import type { HostCluster } from "./cluster.ts";

/** The hosts of a cluster's scope, kept as they are there until it is disposed of. */
export interface FollowedHosts extends AsyncDisposable {
  readonly hosts: Store<DockerHostObject>;
}

/** Fails at once where the hosts cannot be listed; from then on an API server that is away is waited for. */
export async function followHosts(cluster: HostCluster, { clock, random, signal }: CliContext): Promise<FollowedHosts> {
  const hosts = new Store<DockerHostObject>();
  hosts.replace(await cluster.list());
  const { client, path } = cluster;
  const stop = new AbortController();
  const end = () => stop.abort();
  signal.addEventListener("abort", end, { once: true });
  const following = new Reflector({ client, path, store: hosts, clock, random, logger: silentLogger }).run(stop.signal);
  return {
    hosts,
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", end);
      end();
      await following;
    },
  };
}

/** Waits until what is held fulfils the condition; false when the signal fires first. */
export function untilHosts(
  hosts: Store<DockerHostObject>,
  isFulfilled: (hosts: Store<DockerHostObject>) => boolean,
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
      if (isFulfilled(hosts)) finish(true);
    };
    const unsubscribe = hosts.subscribe(look);
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    else look();
  });
}
