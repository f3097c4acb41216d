import { definitionName } from "../../api/crd.ts";
import { DOCKER_HOST, type DockerHostObject } from "../../api/docker-host.ts";
import { ApiClient } from "../../runtime/api-client.ts";
import type { ApiFailure } from "../../runtime/api-error.ts";
import { loadCluster } from "../../runtime/kubeconfig/load-cluster.ts";
import { collectionPath, objectPath } from "../../runtime/resource.ts";
import type { CliContext } from "../context.ts";
import { CommandFailed, UsageError } from "../exit-codes.ts";
import type { ClusterFlags } from "./cluster-flags.ts";

/** The ways to write the resource in front of a name, as in `kubectl get -o name`. */
const RESOURCE = /^(?:dockerhosts?(?:\.dockerhost\.dev)?|dhost)\//i;

/** How files of manifests and of Compose end. A name can end in the same way, so it is looked up first. */
const FILE = /\.(?:ya?ml|json)$/i;

function fileHint(file: string): string {
  return `it seems to be a file; to check the hosts of a manifest, run: dockerhost check -f ${file}`;
}

/** Removes the managed fields, as kubectl does: they are larger than the rest of an object. */
function withoutManagedFields(host: DockerHostObject): DockerHostObject {
  const { managedFields: _, ...metadata }: DockerHostObject["metadata"] & { managedFields?: unknown } = host.metadata;
  return { ...host, metadata };
}

/** The DockerHosts in the cluster and namespace that the user's kubectl uses. */
export class HostCluster implements AsyncDisposable {
  readonly client: ApiClient;
  /** The namespace of a host that is given only by name. */
  readonly namespace: string;
  /** The namespace that is listed; undefined means all namespaces. */
  readonly scope: string | undefined;
  /** The label selector of what is listed. */
  readonly selector: string | undefined;
  readonly #signal: AbortSignal;

  private constructor(client: ApiClient, namespace: string, flags: ClusterFlags, signal: AbortSignal) {
    this.client = client;
    this.namespace = namespace;
    this.scope = flags.allNamespaces === true ? undefined : namespace;
    this.selector = flags.selector;
    this.#signal = signal;
  }

  /**
   * Finds the cluster and gets the credentials for it, for which an exec plugin may ask the user. Requests have a
   * deadline that would be too short for that.
   */
  static async open(
    flags: ClusterFlags,
    context: CliContext,
    plugins: "shown" | "silent" = "shown",
  ): Promise<HostCluster> {
    const { env, clock, signal, stdin, stderr } = context;
    const isShown = plugins === "shown";
    const cluster = await loadCluster({
      ...flags,
      env,
      manner: "kubectl",
      clock,
      signal,
      isInteractive: isShown && "isTTY" in stdin && stdin.isTTY === true,
      showsErrors: isShown,
      warn: (message) => (isShown ? stderr.write(`Warning: ${message}\n`) : undefined),
    });
    if (!cluster.ok) throw new UsageError(cluster.failure);
    const credentials = await cluster.value.credentials();
    if (!credentials.ok) throw new CommandFailed(`cannot log in to the cluster: ${credentials.failure}`);
    const namespace = flags.namespace ?? cluster.value.namespace ?? "default";
    const timeoutMs = flags.requestTimeout;
    const client = new ApiClient({ cluster: cluster.value, clock, userAgent: "kubectl-dockerhost", timeoutMs });
    return new HostCluster(client, namespace, flags, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }

  /** Describes what is listed, in words that follow "in". */
  get place(): string {
    const labels = this.selector === undefined ? "" : ` with the labels ${this.selector}`;
    return `${this.scope === undefined ? "the cluster" : `namespace "${this.scope}"`}${labels}`;
  }

  /** The URL path of what is listed. */
  get path(): string {
    return collectionPath(DOCKER_HOST, this.scope);
  }

  /** Lists all hosts of the scope. */
  async list(): Promise<DockerHostObject[]> {
    const hosts: DockerHostObject[] = [];
    let next: string | undefined;
    do {
      const page = await this.client.list<DockerHostObject>(this.path, {
        signal: this.#signal,
        limit: 500,
        continue: next,
        labelSelector: this.selector,
      });
      if (!page.ok) throw this.#failed(page.failure);
      hosts.push(...page.value.items.map(withoutManagedFields));
      next = page.value.continue;
    } while (next !== undefined);
    return hosts;
  }

  /** @param given a name, also as `dockerhost/NAME` */
  async get(given: string): Promise<DockerHostObject> {
    const name = given.replace(RESOURCE, "");
    if (name.includes("/")) throw new UsageError(`"${given}" is not the name of a DockerHost; ${fileHint(given)}`);
    const path = objectPath(DOCKER_HOST, { namespace: this.namespace, name });
    const host = await this.client.get<DockerHostObject>(path, { signal: this.#signal });
    if (!host.ok) throw this.#failed(host.failure, name);
    return withoutManagedFields(host.value);
  }

  /** Returns the named hosts in the given order, or all hosts that the flags select. */
  async select(names: readonly string[], all: boolean): Promise<DockerHostObject[]> {
    if (names.length > 0 && this.selector !== undefined)
      throw new UsageError("give the names of DockerHosts, or a label selector (-l), but not both");
    if ((all || this.selector !== undefined) === names.length > 0)
      throw new UsageError("give the names of DockerHosts, a label selector (-l), or --all");
    if (names.length > 0) return await Promise.all([...new Set(names)].map((name) => this.get(name)));
    const hosts = await this.list();
    if (hosts.length === 0 && this.selector !== undefined)
      throw new CommandFailed(`there are no DockerHosts in ${this.place}`);
    return hosts;
  }

  /** Merges the patch into the object, like `kubectl patch --type merge`. */
  async patch(host: DockerHostObject, patch: object): Promise<DockerHostObject> {
    const { namespace, name } = host.metadata;
    const path = objectPath(DOCKER_HOST, { namespace, name });
    const patched = await this.client.mergePatch<DockerHostObject>(path, patch, { signal: this.#signal });
    if (!patched.ok) throw this.#failed(patched.failure, name);
    return patched.value;
  }

  /**
   * Explains a failure to the user. The API server's own message comes last: it names the user and the missing
   * permission.
   */
  #failed({ kind, message, status }: ApiFailure, name?: string): CommandFailed {
    if (kind === "NotFound" && name !== undefined) {
      const hint = FILE.test(name) ? fileHint(name) : "kubectl dockerhost list -A shows all";
      return new CommandFailed(`there is no DockerHost "${name}" in namespace "${this.namespace}"; ${hint}`);
    }
    if (kind === "NotFound") {
      return new CommandFailed(
        `the cluster has no CustomResourceDefinition for DockerHosts; install it (${definitionName(DOCKER_HOST)}), or choose another --context`,
      );
    }
    if (kind === "Unauthorized") return new CommandFailed(`the cluster does not accept your credentials (${message})`);
    if (status === undefined) return new CommandFailed(`the cluster cannot be reached (${message})`);
    return new CommandFailed(message);
  }
}
