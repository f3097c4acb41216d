import { DOCKER_HOST, type DockerHostObject, type StatusOwner } from "../api/docker-host.ts";
import type { Outcome } from "../api/failure.ts";
import type { DockerHostStatus } from "../api/status.ts";
import { canonicalJson } from "../common/canonical-json.ts";
import { success } from "../common/result.ts";
import { type Duplicates, EngineIndex } from "../dockerhost/duplicates.ts";
import type { HostEvent, Resources, SecretEntries } from "../dockerhost/ports.ts";
import type { StatusSave } from "../runtime/objects.ts";
import type { WriteOptions } from "../runtime/status-writer.ts";
import type { Store } from "../runtime/store.ts";
import { FileObjects, type FileObjectsOptions } from "./file-objects.ts";
import type { MergedManifests } from "./manifest-set.ts";
import type { SecretManifest } from "./manifests.ts";

export interface FileResourcesOptions extends Pick<FileObjectsOptions<DockerHostStatus>, "clock" | "state"> {
  /** Called with each event, because there is no API server to store them. */
  readonly onEvent?: (host: DockerHostObject, event: HostEvent) => void;
  /** Is called for each Secret that appeared, disappeared or changed. */
  readonly onSecretChange?: (key: string) => void;
  /** The other kinds that the same manifests define. */
  readonly others?: readonly Pick<FileObjects<object, string>, "apply">[];
}

/** The DockerHosts and Secrets of manifests. */
export class FileResources implements Resources {
  readonly hosts: Store<DockerHostObject>;
  readonly #hosts: FileObjects<DockerHostStatus, StatusOwner>;
  readonly #engines: EngineIndex;
  readonly #options: FileResourcesOptions;
  #secrets: ReadonlyMap<string, SecretManifest> = new Map();

  constructor(options: FileResourcesOptions) {
    this.#options = options;
    const { clock, state } = options;
    this.#hosts = new FileObjects(DOCKER_HOST, { clock, state });
    this.hosts = this.#hosts.store;
    this.#engines = new EngineIndex(this.hosts);
  }

  /** Applies the current contents of the manifests. */
  async apply(manifests: MergedManifests): Promise<void> {
    const before = this.#secrets;
    this.#secrets = manifests.secrets;
    for (const key of new Set([...before.keys(), ...manifests.secrets.keys()])) {
      if (canonicalJson(before.get(key) ?? null) !== canonicalJson(manifests.secrets.get(key) ?? null)) {
        this.#options.onSecretChange?.(key);
      }
    }
    for (const objects of [this.#hosts, ...(this.#options.others ?? [])]) await objects.apply(manifests);
  }

  getHost(key: string): DockerHostObject | undefined {
    return this.#hosts.get(key);
  }

  duplicatesOf(host: DockerHostObject, engineId: string): Duplicates {
    return this.#engines.duplicatesOf(host, engineId);
  }

  async getSecret(namespace: string, name: string): Promise<Outcome<SecretEntries | undefined>> {
    return success(this.#secrets.get(`${namespace}/${name}`)?.entries);
  }

  async saveStatus(
    host: DockerHostObject,
    owner: StatusOwner,
    part: DockerHostStatus,
    signal?: AbortSignal,
    options?: WriteOptions,
  ): Promise<StatusSave> {
    return await this.#hosts.saveStatus(host, owner, part, signal, options);
  }

  recordEvent(host: DockerHostObject, event: HostEvent): void {
    this.#options.onEvent?.(host, event);
  }
}
