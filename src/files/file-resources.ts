import { API_VERSION, type DockerHostObject, KIND, parseSpec } from "../api/docker-host.ts";
import type { Outcome } from "../api/failure.ts";
import type { DockerHostStatus } from "../api/status.ts";
import { canonicalJson } from "../common/canonical-json.ts";
import { type Clock, toTimestamp } from "../common/clock.ts";
import { success } from "../common/result.ts";
import type { HostEvent, Resources, SecretEntries, StatusOwner, StatusSave } from "../dockerhost/ports.ts";
import { mergeStatus } from "../dockerhost/status-ownership.ts";
import { EngineIndex, type Twins } from "../dockerhost/twins.ts";
import { keyOf } from "../runtime/object.ts";
import { Store } from "../runtime/store.ts";
import type { MergedManifests } from "./manifest-set.ts";
import type { HostManifest, SecretManifest } from "./manifests.ts";

/** The facts about a host that survive a restart. */
export interface StoredHost {
  readonly spec: unknown;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly status?: DockerHostStatus;
}

/** Stores statuses across restarts. */
export interface StateStore {
  load(key: string): Promise<StoredHost | undefined>;
  save(key: string, host: StoredHost): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface FileResourcesOptions {
  readonly clock: Clock;
  readonly state?: StateStore;
  /** Is called with each event, since there is no API server to store them. */
  readonly onEvent?: (host: DockerHostObject, event: HostEvent) => void;
  /** Is called for each Secret that appeared, disappeared or changed. */
  readonly onSecretChange?: (key: string) => void;
}

/**
 * The DockerHosts and Secrets of manifests. Does in memory what the API server does in a cluster: generations, default
 * metadata, and merging the statuses of two owners.
 */
export class FileResources implements Resources {
  readonly hosts = new Store<DockerHostObject>();
  readonly #engines = new EngineIndex(this.hosts);
  readonly #options: FileResourcesOptions;
  #secrets: ReadonlyMap<string, SecretManifest> = new Map();
  /** Hosts whose current status could not be stored. */
  readonly #unkept = new Map<string, symbol>();
  #version = 0;

  constructor(options: FileResourcesOptions) {
    this.#options = options;
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
    for (const host of this.hosts.list()) {
      const key = keyOf(host);
      if (manifests.hosts.has(key)) continue;
      this.hosts.remove(key);
      this.#unkept.delete(key);
      await this.#options.state?.remove(key);
    }
    for (const manifest of manifests.hosts.values()) await this.#applyHost(manifest);
  }

  getHost(key: string): DockerHostObject | undefined {
    return this.hosts.get(key);
  }

  twinsOf(host: DockerHostObject, engineId: string): Twins {
    return this.#engines.twinsOf(host, engineId);
  }

  async getSecret(namespace: string, name: string): Promise<Outcome<SecretEntries | undefined>> {
    return success(this.#secrets.get(`${namespace}/${name}`)?.entries);
  }

  async saveStatus(
    host: DockerHostObject,
    owner: StatusOwner,
    part: DockerHostStatus,
    _signal?: AbortSignal,
    { onlyIfUnchanged = false }: { readonly onlyIfUnchanged?: boolean } = {},
  ): Promise<StatusSave> {
    const key = keyOf(host);
    const current = this.hosts.get(key);
    if (current === undefined || current.metadata.uid !== host.metadata.uid) return "gone";
    if (onlyIfUnchanged && current.metadata.resourceVersion !== host.metadata.resourceVersion) return "changed";
    const status = mergeStatus(current.status ?? {}, owner, part);
    const isSame = canonicalJson(status) === canonicalJson(current.status ?? {});
    if (isSame && !this.#unkept.has(key)) return "stored";
    if (!isSame) this.#put({ ...current, status });
    const attempt = Symbol(key);
    this.#unkept.set(key, attempt);
    await this.#options.state?.save(key, toStored({ ...current, status }));
    // A later attempt may have failed by now: storing an earlier status does not make up for that.
    if (this.#unkept.get(key) === attempt) this.#unkept.delete(key);
    return "stored";
  }

  recordEvent(host: DockerHostObject, event: HostEvent): void {
    this.#options.onEvent?.(host, event);
  }

  async #applyHost(manifest: HostManifest): Promise<void> {
    const { namespace, name, annotations } = manifest;
    // Store the defaults, as the API server does. An invalid spec is kept unchanged, so that the reconciler reports it.
    const parsed = parseSpec(manifest.spec);
    const spec = parsed.ok ? parsed.value : manifest.spec;
    const current = this.hosts.get(manifest.key);
    const known = current === undefined ? await this.#options.state?.load(manifest.key) : toStored(current);
    const same = known !== undefined && canonicalJson(known.spec) === canonicalJson(spec);
    const unchanged = same && canonicalJson(current?.metadata.annotations ?? {}) === canonicalJson(annotations ?? {});
    if (current !== undefined && unchanged) return;
    this.#put({
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: {
        name,
        namespace,
        uid: `file:${manifest.key}`,
        generation: known === undefined ? 1 : known.generation + (same ? 0 : 1),
        creationTimestamp: known?.creationTimestamp ?? toTimestamp(this.#options.clock.now()),
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec,
      ...(known?.status === undefined ? {} : { status: known.status }),
    });
  }

  #put(host: DockerHostObject): void {
    this.hosts.upsert({ ...host, metadata: { ...host.metadata, resourceVersion: String(++this.#version) } });
  }
}

function toStored({ spec, metadata, status }: DockerHostObject): StoredHost {
  return {
    spec,
    generation: metadata.generation,
    creationTimestamp: metadata.creationTimestamp ?? "",
    ...(status === undefined ? {} : { status }),
  };
}
