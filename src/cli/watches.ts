import type { DockerHostObject } from "../api/docker-host.ts";
import type { Logger } from "../common/logger.ts";
import { DOCKER_HOSTS, SECRETS, toDockerHost, toSecretVersion } from "../dockerhost/cluster-resources.ts";
import type { ApiClient } from "../runtime/api-client.ts";
import type { ManagerOptions } from "../runtime/manager.ts";
import type { KubeObject } from "../runtime/object.ts";
import type { ProbeCheck } from "../runtime/probes.ts";
import { Reflector, type ReflectorOptions } from "../runtime/reflector.ts";
import { collectionPath, type Resource } from "../runtime/resource.ts";
import { Store } from "../runtime/store.ts";
import type { Metrics } from "../telemetry/metrics/metrics.ts";
import type { CliContext } from "./context.ts";

export interface WatchFlags {
  readonly watchNamespaces?: readonly string[] | undefined;
  readonly watchLabelSelector?: string | undefined;
  readonly watchSecrets: boolean;
  /** Milliseconds. */
  readonly watchInactivityLimit: number;
}

/** The objects that a controller watches, and the checks that report whether the watches work. */
export interface Watches {
  readonly hosts: Store<DockerHostObject>;
  /** Only names and versions: the contents of a Secret are read when they are needed and never kept. */
  readonly secrets: Store<KubeObject>;
  readonly reflectors: ManagerOptions["reflectors"];
  /** Whether the first list is still being read. */
  isStarting(): boolean;
  readonly checks: readonly ProbeCheck[];
}

/** Longer than any pause between two watches, including the longest backoff. */
const LONGEST_SILENCE_MS = 5 * 60_000;

/** Creates one reflector per kind, or one per kind and namespace if the flags name namespaces. */
export function createWatches(
  flags: WatchFlags,
  client: ApiClient,
  { clock, random }: Pick<CliContext, "clock" | "random">,
  metrics: Metrics,
  logger: Logger,
): Watches {
  const hosts = new Store<DockerHostObject>({ logger });
  const secrets = new Store<KubeObject>({ logger });
  const follow = <T extends KubeObject>(
    kind: string,
    resource: Resource,
    options: Pick<ReflectorOptions<T>, "store" | "transform" | "accept" | "labelSelector" | "isDispensable">,
  ): Reflector<T>[] => {
    const observer = metrics.reflector(kind);
    const namespaces = [...new Set(flags.watchNamespaces ?? [undefined])];
    const reflectors = namespaces.map((namespace) => {
      const path = collectionPath(resource, namespace);
      const shared = { client, clock, random, logger, observer, inactivityMs: flags.watchInactivityLimit };
      return new Reflector<T>({ ...shared, path, namespace, ...options });
    });
    metrics.lastEventAge(kind, () => oldest(reflectors));
    return reflectors;
  };
  const ofHosts = follow<DockerHostObject>("DockerHost", DOCKER_HOSTS, {
    store: hosts,
    transform: toDockerHost,
    labelSelector: flags.watchLabelSelector,
  });
  const ofSecrets = flags.watchSecrets
    ? follow<KubeObject>("Secret", SECRETS, {
        store: secrets,
        transform: toSecretVersion,
        accept: "metadata",
        isDispensable: true,
      })
    : [];
  return {
    hosts,
    secrets,
    reflectors: [...ofHosts, ...ofSecrets],
    isStarting: () => !ofHosts.every((reflector) => reflector.hasSynced()),
    checks: [
      { name: "dockerhosts", check: () => troubleOf(ofHosts) },
      { name: "secrets", check: () => troubleOf(ofSecrets) },
    ],
  };
}

type Followed = Pick<Reflector<KubeObject>, "hasSynced" | "forbidden" | "lastEventAge">;

function troubleOf(reflectors: readonly Followed[]): string | undefined {
  if (!reflectors.every((reflector) => reflector.hasSynced())) return "the first list has not been read yet";
  const age = oldest(reflectors.filter((reflector) => !reflector.forbidden)) ?? 0;
  return age > LONGEST_SILENCE_MS ? `the API server has sent nothing for ${Math.round(age / 1_000)} s` : undefined;
}

function oldest(reflectors: readonly Followed[]): number | undefined {
  const ages = reflectors.flatMap(({ lastEventAge }) => lastEventAge ?? []);
  return ages.length === 0 ? undefined : Math.max(...ages);
}
