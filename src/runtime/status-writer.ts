import { createHash } from "node:crypto";
import { canonicalJson } from "../common/canonical-json.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { type Result, success } from "../common/result.ts";
import type { ApiClient } from "./api-client.ts";
import { type ApiFailure, isTransient } from "./api-error.ts";
import { contains } from "./contains.ts";
import { type KubeObject, keyOf, parseKey } from "./kube-object.ts";
import { apiVersionOf, objectPath, type Resource } from "./resource.ts";
import { withRetries } from "./retry.ts";

export interface StatusWriterOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly resource: Resource;
  readonly kind: string;
  /** The name of the writer in managedFields. Two writers of an object need different names. */
  readonly fieldManager: string;
  /**
   * Whether a status already is what it would be after `applied` was applied, without a field that should be removed. If
   * present, a new process does not write what the one before it has written.
   */
  readonly isApplied?: ((status: unknown, applied: object) => boolean) | undefined;
}

export type StatusWrite =
  /** The server's answer. Pass it to Store.observe(), so that the next read does not return the old state. */
  | { readonly kind: "written"; readonly object: KubeObject }
  | { readonly kind: "unchanged" }
  /** The object was deleted, even if a new one with the same name exists now: there is no status to write. */
  | { readonly kind: "gone" }
  /** With `onlyIfUnchanged`, or where `isUnsure`: the object is no longer the one in `current`, and nothing was written. */
  | { readonly kind: "changed" };

export interface WriteOptions {
  /**
   * Writes only if the server still has the version of `current`, no matter who changed it. A write whose answer was lost may
   * be reported as `changed`: read the object again. Default false.
   */
  readonly onlyIfUnchanged?: boolean;
}

/** Writes the part of the status of objects that one field manager owns, with server-side apply. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  /** Hashes of what this process last applied, by key; undefined while no answer has confirmed the last write. */
  readonly #applied = new Map<string, string | undefined>();
  readonly #unsure = new Set<string>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /**
   * Whether nobody knows if the last write of an object was stored, because no answer arrived. The next one, which may be
   * made from a version without it, is then stored only on the version that it was made from: it could otherwise move times
   * and undo changes that were stored.
   */
  isUnsure(key: string): boolean {
    return this.#unsure.has(key);
  }

  /**
   * @param current the last known version of the object; where `isUnsure`, the one that `status` was made from
   * @param status everything that this field manager owns: a field that it applied before and now leaves out is removed
   */
  async write(
    current: KubeObject & { readonly status?: unknown },
    status: object,
    signal: AbortSignal,
    { onlyIfUnchanged = false }: WriteOptions = {},
  ): Promise<Result<StatusWrite, ApiFailure>> {
    const key = keyOf(current);
    const hash = createHash("sha256")
      .update(`${current.metadata.uid}\n${canonicalJson(status)}`)
      .digest("base64");
    // Check both: another writer may have changed our fields, and fields that are now left out must be removed.
    // Only the server knows whether the object is unchanged, so such a write is never skipped.
    const isKnown = this.#applied.has(key)
      ? this.#applied.get(key) === hash && contains(current.status, status)
      : this.#options.isApplied?.(current.status, status) === true;
    if (isKnown && !onlyIfUnchanged) {
      this.#applied.set(key, hash);
      return success({ kind: "unchanged" });
    }
    // The next write must not be skipped until an answer confirms this one.
    this.#applied.set(key, undefined);
    const isBound = onlyIfUnchanged || this.isUnsure(key);
    const result = await this.#apply(current, status, signal, isBound);
    if (!result.ok) {
      const { failure } = result;
      if (failure.kind === "NotFound") return success({ kind: "gone" });
      if (isTransient(failure) || failure.kind === "Aborted") this.#unsure.add(key);
      return failure.kind === "Conflict" && isBound ? success({ kind: "changed" }) : result;
    }
    this.#unsure.delete(key);
    // The API server ignores the uid in a patch of a status. The first reconcile of a new object with the same name
    // corrects its status.
    if (result.value.metadata.uid !== current.metadata.uid) return success({ kind: "gone" });
    this.#applied.set(key, hash);
    return success({ kind: "written", object: result.value });
  }

  /** Forgets an object that no longer exists. */
  forget(key: string): void {
    this.#applied.delete(key);
    this.#unsure.delete(key);
  }

  #apply(current: KubeObject, status: object, signal: AbortSignal, isBound: boolean) {
    const { client, clock, random, resource, kind, fieldManager } = this.#options;
    const { name, namespace, resourceVersion } = current.metadata;
    const body = {
      apiVersion: apiVersionOf(resource),
      kind,
      metadata: { name, namespace, ...(isBound && { resourceVersion }) },
      status,
    };
    const path = objectPath(resource, parseKey(keyOf(current)), "status");
    return withRetries(() => client.apply(path, body, { signal, fieldManager, force: true }), {
      what: `PATCH ${path}`,
      clock,
      random,
      signal,
      retryable: (failure) => (failure.kind === "Conflict" && !isBound) || isTransient(failure),
    });
  }
}
