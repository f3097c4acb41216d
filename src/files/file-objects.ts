import { API_VERSION } from "../api/group.ts";
import type { Kind } from "../api/kind.ts";
import type { ApiObject } from "../api/object.ts";
import type { Condition } from "../api/status.ts";
import { mergeStatus } from "../api/status-owners.ts";
import { canonicalJson } from "../common/canonical-json.ts";
import { type Clock, toTimestamp } from "../common/clock.ts";
import { keyOf } from "../runtime/kube-object.ts";
import type { ObjectEvent, Objects, StatusSave } from "../runtime/objects.ts";
import type { WriteOptions } from "../runtime/status-writer.ts";
import { Store } from "../runtime/store.ts";
import { type MergedManifests, manifestsOf } from "./manifest-set.ts";
import type { ObjectManifest } from "./manifests.ts";

/** The facts about an object that survive a restart. */
export interface StoredObject {
  readonly spec: unknown;
  readonly generation: number;
  readonly creationTimestamp: string;
  /** Fits the kind's schema. */
  readonly status?: object;
}

/** Stores the statuses of one kind across restarts. */
export interface StateStore {
  load(key: string): Promise<StoredObject | undefined>;
  save(key: string, object: StoredObject): Promise<void>;
  remove(key: string): Promise<void>;
}

interface StatusOfFiles {
  readonly conditions?: readonly Condition[] | undefined;
}

export interface FileObjectsOptions<Status extends StatusOfFiles> {
  readonly clock: Clock;
  readonly state?: StateStore | undefined;
  /** Called with each event, because there is no API server to store them. */
  readonly onEvent?: ((object: ApiObject<Status>, event: ObjectEvent) => void) | undefined;
}

/**
 * The objects of one kind in manifests. Does in memory what the API server does in a cluster: generations, default
 * metadata, and merging the statuses of several owners.
 */
export class FileObjects<Status extends StatusOfFiles, Owner extends string>
  implements Objects<ApiObject<Status>, Owner>
{
  readonly store = new Store<ApiObject<Status>>();
  readonly #kind: Kind<Owner>;
  readonly #options: FileObjectsOptions<Status>;
  /** Objects whose current status could not be stored. */
  readonly #unkept = new Map<string, symbol>();
  #version = 0;

  constructor(kind: Kind<Owner>, options: FileObjectsOptions<Status>) {
    this.#kind = kind;
    this.#options = options;
  }

  /** Applies the current contents of the manifests. */
  async apply(manifests: MergedManifests): Promise<void> {
    const wanted = manifestsOf(manifests, this.#kind);
    for (const object of this.store.list()) {
      const key = keyOf(object);
      if (wanted.has(key)) continue;
      this.store.remove(key);
      this.#unkept.delete(key);
      await this.#options.state?.remove(key);
    }
    for (const manifest of wanted.values()) await this.#apply(manifest);
  }

  get(key: string): ApiObject<Status> | undefined {
    return this.store.get(key);
  }

  async saveStatus(
    object: ApiObject<Status>,
    owner: Owner,
    part: Status,
    _signal?: AbortSignal,
    { onlyIfUnchanged = false }: WriteOptions = {},
  ): Promise<StatusSave> {
    const key = keyOf(object);
    const current = this.store.get(key);
    if (current === undefined || current.metadata.uid !== object.metadata.uid) return "gone";
    if (onlyIfUnchanged && current.metadata.resourceVersion !== object.metadata.resourceVersion) return "changed";
    const before: StatusOfFiles = current.status ?? {};
    const status = mergeStatus(this.#kind.owners, before, owner, part) as Status;
    const isSame = canonicalJson(status) === canonicalJson(before);
    if (isSame && !this.#unkept.has(key)) return "stored";
    if (!isSame) this.#put({ ...current, status });
    const attempt = Symbol(key);
    this.#unkept.set(key, attempt);
    await this.#options.state?.save(key, toStored({ ...current, status }));
    // A later attempt may have failed by now: storing an earlier status does not make up for that.
    if (this.#unkept.get(key) === attempt) this.#unkept.delete(key);
    return "stored";
  }

  recordEvent(object: ApiObject<Status>, event: ObjectEvent): void {
    this.#options.onEvent?.(object, event);
  }

  async #apply(manifest: ObjectManifest): Promise<void> {
    const { namespace, name, labels, annotations } = manifest;
    // Store the defaults, as the API server does. An invalid spec is kept unchanged, so that the reconciler reports it.
    const parsed = this.#kind.spec.safeParse(manifest.spec);
    const spec = parsed.success ? parsed.data : manifest.spec;
    const current = this.store.get(manifest.key);
    const known = current === undefined ? await this.#options.state?.load(manifest.key) : toStored(current);
    const same = known !== undefined && canonicalJson(known.spec) === canonicalJson(spec);
    if (current !== undefined && same && marksOf(current.metadata) === marksOf(manifest)) return;
    this.#put({
      apiVersion: API_VERSION,
      kind: this.#kind.kind,
      metadata: {
        name,
        namespace,
        uid: `file:${manifest.key}`,
        generation: known === undefined ? 1 : known.generation + (same ? 0 : 1),
        creationTimestamp: known?.creationTimestamp ?? toTimestamp(this.#options.clock.now()),
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec,
      // The state store holds it to the kind's schema.
      ...(known?.status === undefined ? {} : { status: known.status as Status }),
    });
  }

  #put(object: ApiObject<Status>): void {
    this.store.upsert({ ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } });
  }
}

function marksOf({ labels = {}, annotations = {} }: Pick<ObjectManifest, "labels" | "annotations">): string {
  return canonicalJson({ labels, annotations });
}

function toStored({ spec, metadata, status }: ApiObject): StoredObject {
  return {
    spec,
    generation: metadata.generation,
    creationTimestamp: metadata.creationTimestamp ?? "",
    ...(status === undefined ? {} : { status }),
  };
}
