import { DOCKER_HOST, type DockerHostObject, type StatusOwner } from "../api/docker-host.ts";
import { failed, type Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import { isTransient } from "../runtime/api-error.ts";
import type { ClusterObjects } from "../runtime/cluster-objects.ts";
import type { KubeObject } from "../runtime/kube-object.ts";
import { objectPath, type Resource } from "../runtime/resource.ts";
import { withRetries } from "../runtime/retry.ts";
import type { Store } from "../runtime/store.ts";
import { type Duplicates, EngineIndex } from "./duplicates.ts";
import { type ClusterOptions, objectsInCluster } from "./objects-in-cluster.ts";
import type { HostEvent, Resources, SecretEntries } from "./ports.ts";

export const SECRETS: Resource = { group: "", version: "v1", plural: "secrets" };

interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface ClusterResourcesOptions extends ClusterOptions {
  readonly hosts: Store<DockerHostObject>;
}

/** The DockerHosts and Secrets of a cluster. */
export class ClusterResources implements Resources {
  readonly #options: ClusterResourcesOptions;
  readonly #engines: EngineIndex;
  readonly #hosts: ClusterObjects<DockerHostObject, StatusOwner>;

  constructor(options: ClusterResourcesOptions) {
    this.#options = options;
    this.#engines = new EngineIndex(options.hosts);
    this.#hosts = objectsInCluster(DOCKER_HOST, options.hosts, options);
  }

  getHost(key: string): DockerHostObject | undefined {
    return this.#hosts.get(key);
  }

  duplicatesOf(host: DockerHostObject, engineId: string): Duplicates {
    return this.#engines.duplicatesOf(host, engineId);
  }

  async getSecret(namespace: string, name: string, signal: AbortSignal): Promise<Outcome<SecretEntries | undefined>> {
    const { client, clock, random } = this.#options;
    const path = objectPath(SECRETS, { namespace, name });
    // A restart of the API server says nothing about the host.
    const secret = await withRetries(() => client.get<SecretObject>(path, { signal }), {
      what: `GET ${path}`,
      clock,
      random,
      signal,
      retryable: isTransient,
    });
    if (secret.ok) return success(decode(secret.value.data ?? {}));
    if (secret.failure.kind === "NotFound") return success(undefined);
    return failed(
      "SecretUnreadable",
      `Secret "${name}" in namespace "${namespace}" could not be read: ${secret.failure.message}`,
      secret.failure,
    );
  }

  saveStatus(...write: Parameters<Resources["saveStatus"]>): ReturnType<Resources["saveStatus"]> {
    return this.#hosts.saveStatus(...write);
  }

  recordEvent(host: DockerHostObject, event: HostEvent): void {
    this.#hosts.recordEvent(host, event);
  }
}

/** Returns what the store keeps of a Secret: enough to see that it changed. kubectl's annotation would hold all its data. */
export function toSecretVersion({ metadata: { name, namespace, uid, resourceVersion } }: KubeObject): KubeObject {
  return { metadata: { name, namespace, uid, resourceVersion } };
}

function decode(data: Readonly<Record<string, string>>): SecretEntries {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}
