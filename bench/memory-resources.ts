import { DOCKER_HOST, type DockerHostObject, type StatusOwner } from "../src/api/docker-host.ts";
import type { Outcome } from "../src/api/failure.ts";
import type { DockerHostStatus } from "../src/api/status.ts";
import { mergeStatus } from "../src/api/status-owners.ts";
import { success } from "../src/common/result.ts";
import type { Duplicates } from "../src/dockerhost/duplicates.ts";
import type { Resources, SecretEntries } from "../src/dockerhost/ports.ts";
import { keyOf } from "../src/runtime/kube-object.ts";
import type { StatusSave } from "../src/runtime/objects.ts";

/** Keeps hosts and Secrets in memory, so that the cost of a cluster or of files is not measured. */
export class MemoryResources implements Resources {
  readonly #hosts: Map<string, DockerHostObject>;
  /** The Secrets by name; namespaces are ignored. */
  readonly #secrets: Readonly<Record<string, SecretEntries>>;

  constructor(hosts: readonly DockerHostObject[], secrets: Readonly<Record<string, SecretEntries>>) {
    this.#hosts = new Map(hosts.map((host) => [keyOf(host), host]));
    this.#secrets = secrets;
  }

  /** Acts as if a user had changed every host, so that all of them are evaluated again. */
  nextGeneration(): void {
    for (const [key, host] of this.#hosts) {
      const metadata = { ...host.metadata, generation: host.metadata.generation + 1 };
      this.#hosts.set(key, { ...host, metadata });
    }
  }

  getHost(key: string): DockerHostObject | undefined {
    return this.#hosts.get(key);
  }

  duplicatesOf(): Duplicates {
    return { more: 0, elsewhere: false };
  }

  async getSecret(_namespace: string, name: string): Promise<Outcome<SecretEntries | undefined>> {
    return success(this.#secrets[name]);
  }

  async saveStatus(host: DockerHostObject, owner: StatusOwner, status: DockerHostStatus): Promise<StatusSave> {
    // The host may have changed since the caller read it.
    const current = this.#hosts.get(keyOf(host)) ?? host;
    this.#hosts.set(keyOf(host), {
      ...current,
      status: mergeStatus(DOCKER_HOST.owners, current.status ?? {}, owner, status),
    });
    return "stored";
  }

  recordEvent(): void {}
}
