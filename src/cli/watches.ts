import { CONTAINER_UPDATE, type ContainerUpdateObject } from "../api/container-update.ts";
import { DOCKER_HOST, type DockerHostObject } from "../api/docker-host.ts";
import type { Logger } from "../common/logger.ts";
import { SECRETS, toSecretVersion } from "../dockerhost/cluster-resources.ts";
import { toApiObject } from "../dockerhost/objects-in-cluster.ts";
import type { PageGaps } from "../page/pages.ts";
import type { ApiClient } from "../runtime/api-client.ts";
import type { KubeObject } from "../runtime/kube-object.ts";
import type { ManagerOptions } from "../runtime/manager.ts";
import type { ProbeCheck } from "../runtime/probes.ts";
import { Reflector } from "../runtime/reflector.ts";
import type { ReflectorOptions } from "../runtime/reflector-options.ts";
import { collectionPath, type Resource } from "../runtime/resource.ts";
import { Store } from "../runtime/store.ts";
import type { Metrics } from "../telemetry/metrics/metrics.ts";
import type { CliContext } from "./context.ts";
import { gapsOf } from "./watch-gaps.ts";
import { type Followed, oldest, readiness } from "./watch-readiness.ts";

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
  readonly updates: Store<ContainerUpdateObject>;
  /** Only names and versions: the contents of a Secret are read when they are needed and never kept. */
  readonly secrets: Store<KubeObject>;
  readonly reflectors: ManagerOptions["reflectors"];
  /** The collections that the controller cannot work without. */
  readonly needed: readonly Followed["reflector"][];
  /** Whether the first list of this namespace's hosts is still being read. */
  isStarting(namespace: string): boolean;
  readonly checks: readonly ProbeCheck[];
  /** What the page cannot show at the moment. */
  gaps(): PageGaps;
}

/** Creates one reflector per kind, or one per kind and namespace if the flags name namespaces. */
export function createWatches(
  flags: WatchFlags,
  client: ApiClient,
  { clock, random }: Pick<CliContext, "clock" | "random">,
  metrics: Metrics,
  logger: Logger,
): Watches {
  const hosts = new Store<DockerHostObject>({ logger });
  const updates = new Store<ContainerUpdateObject>({ logger });
  const secrets = new Store<KubeObject>({ logger });
  const follow = <T extends KubeObject>(
    kind: string,
    resource: Resource,
    options: Pick<ReflectorOptions<T>, "store" | "transform" | "accept" | "labelSelector" | "isDispensable">,
  ): Followed[] => {
    const observer = metrics.reflector(kind);
    const namespaces = [...new Set(flags.watchNamespaces ?? [undefined])];
    const reflectors = namespaces.map((namespace) => {
      const path = collectionPath(resource, namespace);
      const shared = { client, clock, random, logger, observer, inactivityMs: flags.watchInactivityLimit };
      const reflector = new Reflector<T>({ ...shared, path, namespace, ...options });
      metrics.watchFailing(kind, namespace ?? "", () => reflector.trouble !== undefined);
      return { namespace, reflector };
    });
    // One that fails has a metric of its own, and must not hide how old the news of the others are.
    metrics.lastEventAge(kind, () => {
      const working = reflectors.filter(({ reflector }) => reflector.trouble === undefined);
      return oldest(working.length === 0 ? reflectors : working);
    });
    return reflectors;
  };
  const ofHosts = follow<DockerHostObject>(DOCKER_HOST.kind, DOCKER_HOST, {
    store: hosts,
    transform: (raw) => toApiObject(DOCKER_HOST, raw),
    labelSelector: flags.watchLabelSelector,
  });
  // Their definition may be missing after an upgrade, which must not stop anything else.
  const ofUpdates = follow<ContainerUpdateObject>(CONTAINER_UPDATE.kind, CONTAINER_UPDATE, {
    store: updates,
    transform: (raw) => toApiObject(CONTAINER_UPDATE, raw),
    isDispensable: true,
  });
  const ofSecrets = flags.watchSecrets
    ? follow<KubeObject>("Secret", SECRETS, {
        store: secrets,
        transform: toSecretVersion,
        accept: "metadata",
        isDispensable: true,
      })
    : [];
  const needed = ofHosts.map(({ reflector }) => reflector);
  return {
    hosts,
    updates,
    secrets,
    reflectors: [...ofHosts, ...ofUpdates, ...ofSecrets].map(({ reflector }) => reflector),
    needed,
    isStarting: (namespace) =>
      ofHosts.some((part) => (part.namespace ?? namespace) === namespace && !part.reflector.hasSynced()),
    gaps: () => ({
      hosts: gapsOf(`${DOCKER_HOST.kind}s`, ofHosts),
      updates: gapsOf(`${CONTAINER_UPDATE.kind}s`, ofUpdates),
    }),
    checks: [readiness("dockerhosts", ofHosts), readiness("secrets", ofSecrets)],
  };
}
