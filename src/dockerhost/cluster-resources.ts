import { API_VERSION, type DockerHostObject, GROUP, KIND, PLURAL, VERSION } from "../api/docker-host.ts";
import { failed, type Outcome } from "../api/failure.ts";
import type { DockerHostStatus } from "../api/status.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { success } from "../common/result.ts";
import type { ApiClient } from "../runtime/api-client.ts";
import { type ApiFailure, isTransient } from "../runtime/api-error.ts";
import { Interrupted } from "../runtime/controller.ts";
import type { EventRecorder } from "../runtime/event-recorder.ts";
import { type KubeObject, keyOf } from "../runtime/object.ts";
import { objectPath, type Resource } from "../runtime/resource.ts";
import { withRetries } from "../runtime/retry.ts";
import { StatusWriter, type WriteOptions } from "../runtime/status-writer.ts";
import type { Store } from "../runtime/store.ts";
import type { HostEvent, Resources, SecretEntries, StatusOwner, StatusSave } from "./ports.ts";
import { EngineIndex, type Twins } from "./twins.ts";

export const DOCKER_HOSTS: Resource = { group: GROUP, version: VERSION, plural: PLURAL };
export const SECRETS: Resource = { group: "", version: "v1", plural: "secrets" };

interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface ClusterResourcesOptions {
  readonly client: ApiClient;
  readonly hosts: Store<DockerHostObject>;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether this process is the one that works on the hosts, at this very moment; default it is. */
  readonly isLeader?: () => boolean;
}

/** DockerHosts and Secrets of a cluster. */
export class ClusterResources implements Resources {
  readonly #options: ClusterResourcesOptions;
  readonly #engines: EngineIndex;
  readonly #writers: Readonly<Record<StatusOwner, StatusWriter>>;

  constructor(options: ClusterResourcesOptions) {
    this.#options = options;
    const { client, clock, random, hosts } = options;
    this.#engines = new EngineIndex(hosts);
    const writer = (owner: StatusOwner) =>
      new StatusWriter({
        client,
        clock,
        random,
        resource: DOCKER_HOSTS,
        kind: KIND,
        fieldManager: `dockerhost-${owner}`,
      });
    this.#writers = { connection: writer("connection"), updates: writer("updates") };
    hosts.subscribe(({ type, key }) => {
      if (type === "deleted") for (const each of Object.values(this.#writers)) each.forget(key);
    });
  }

  getHost(key: string): DockerHostObject | undefined {
    return this.#options.hosts.get(key);
  }

  twinsOf(host: DockerHostObject, engineId: string): Twins {
    return this.#engines.twinsOf(host, engineId);
  }

  async getSecret(namespace: string, name: string, signal: AbortSignal): Promise<Outcome<SecretEntries | undefined>> {
    const { client, clock, random } = this.#options;
    const path = objectPath(SECRETS, { namespace, name });
    // A server that restarts is no state of the host.
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

  async saveStatus(
    host: DockerHostObject,
    owner: StatusOwner,
    status: DockerHostStatus,
    signal: AbortSignal,
    options: WriteOptions = {},
  ): Promise<StatusSave> {
    const { hosts, isLeader } = this.#options;
    signal.throwIfAborted();
    // The store may know a newer version than the one that the pass began with.
    const current = hosts.get(keyOf(host));
    // It is gone, be it to another shard, or a namesake has taken its place, of which the pass knew nothing.
    if (current === undefined || current.metadata.uid !== host.metadata.uid) return "gone";
    // After a pause of the whole process another may lead, before any timer could tell.
    if (isLeader?.() === false) throw new StatusNotSaved({ message: "this process leads no more" });
    using uncut = untilStopped(signal);
    // What may only be stored on what the caller saw must not be stored on what the store has learned since.
    const base = options.onlyIfUnchanged === true ? host : current;
    const write = await this.#writers[owner].write(base, status, uncut.signal, options);
    if (!write.ok) throw new StatusNotSaved(write.failure);
    if (write.value.kind === "written") hosts.observe(toDockerHost(write.value.object));
    return write.value.kind === "written" || write.value.kind === "unchanged" ? "stored" : write.value.kind;
  }

  recordEvent(host: DockerHostObject, event: HostEvent): void {
    const { namespace, name, uid } = host.metadata;
    this.#options.recorder.record({
      regarding: { apiVersion: API_VERSION, kind: KIND, namespace, name, uid },
      type: event.type,
      reason: event.reason,
      action: event.action,
      note: event.message,
    });
  }
}

/**
 * A signal that does not fire when a change of the host interrupts the run, only at the run's deadline and when the
 * program stops: a write that is cut off may be stored all the same, and the pass over the change would take the status
 * before it for the stored one.
 */
function untilStopped(signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const stop = new AbortController();
  const listening = new AbortController();
  const follow = (followed: AbortSignal) => {
    const passOn = () => {
      if (followed.reason instanceof Interrupted) follow(followed.reason.stopped);
      else stop.abort(followed.reason);
    };
    if (followed.aborted) passOn();
    else followed.addEventListener("abort", passOn, { once: true, signal: listening.signal });
  };
  follow(signal);
  return { signal: stop.signal, [Symbol.dispose]: () => listening.abort() };
}

/** The API server did not take a status; the reconcile is tried again. */
export class StatusNotSaved extends Error {
  override readonly name = "StatusNotSaved";

  constructor(failure: Pick<ApiFailure, "message" | "cause">) {
    super(`The status could not be saved: ${failure.message}`, { cause: failure.cause });
  }
}

/**
 * What the store keeps of a DockerHost: what is read, and not the managed fields, which are larger than the rest.
 * Throws on an object without the marks of one; the API server sends none.
 */
export function toDockerHost(
  raw: KubeObject & { readonly spec?: unknown; readonly status?: unknown },
): DockerHostObject {
  const { name, namespace, uid, generation, resourceVersion, creationTimestamp, deletionTimestamp, annotations } =
    raw.metadata;
  if (namespace === undefined || generation === undefined)
    throw new TypeError("not a DockerHost: no namespace or generation");
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: {
      name,
      namespace,
      generation,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    ...(raw.spec === undefined ? {} : { spec: raw.spec }),
    // Written by us alone, and validated by the API server.
    ...(raw.status === undefined ? {} : { status: raw.status as DockerHostStatus }),
  };
}

/** What the store keeps of a Secret: enough to see that it changed. kubectl's annotation would hold all its data. */
export function toSecretVersion({ metadata: { name, namespace, uid, resourceVersion } }: KubeObject): KubeObject {
  return { metadata: { name, namespace, uid, resourceVersion } };
}

function decode(data: Readonly<Record<string, string>>): SecretEntries {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}
