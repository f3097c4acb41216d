import { createHash } from "node:crypto";
import { canonicalJson } from "../common/canonical-json.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { type Result, success } from "../common/result.ts";
import type { ApiClient } from "./api-client.ts";
import { type ApiFailure, isTransient } from "./api-error.ts";
import { contains } from "./contains.ts";
import { type KubeObject, keyOf, parseKey } from "./object.ts";
import { objectPath, type Resource } from "./resource.ts";
import { withRetries } from "./retry.ts";

export interface StatusWriterOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly resource: Resource;
  readonly kind: string;
  /** Names the writer in managedFields; two writers of one object own their fields under different names. */
  readonly fieldManager: string;
}

export type StatusWrite =
  /** The server's answer: hand it to Store.observe(), so that the next look does not see the state before it. */
  | { readonly kind: "written"; readonly object: KubeObject }
  | { readonly kind: "unchanged" }
  /** The object has been deleted, be it that a namesake has taken its place: there is nothing to tell any more. */
  | { readonly kind: "gone" };

/** Writes the part of objects' status that one field manager owns, by server-side apply. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  /** What this process applied last, as a hash, by key. */
  readonly #applied = new Map<string, string>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /**
   * @param current the object as it is known
   * @param status everything that this field manager owns: a field that it applied before and now leaves out is removed
   */
  async write(
    current: KubeObject & { readonly status?: unknown },
    status: object,
    signal: AbortSignal,
  ): Promise<Result<StatusWrite, ApiFailure>> {
    const key = keyOf(current);
    const hash = createHash("sha256")
      .update(`${current.metadata.uid}\n${canonicalJson(status)}`)
      .digest("base64");
    // Both are needed: another writer may have changed our fields, and fields that we leave out now must be removed.
    if (this.#applied.get(key) === hash && contains(current.status, status)) return success({ kind: "unchanged" });
    const result = await this.#apply(current, status, signal);
    // Until the answer says that it is there, the next write must not be skipped.
    this.#applied.delete(key);
    if (!result.ok) return result.failure.kind === "NotFound" ? success({ kind: "gone" }) : result;
    // The API server heeds no uid in a patch of a status. A namesake's status is put right by its own first look.
    if (result.value.metadata.uid !== current.metadata.uid) return success({ kind: "gone" });
    this.#applied.set(key, hash);
    return success({ kind: "written", object: result.value });
  }

  /** For an object that is no more. */
  forget(key: string): void {
    this.#applied.delete(key);
  }

  #apply(current: KubeObject, status: object, signal: AbortSignal) {
    const { client, clock, random, resource, kind, fieldManager } = this.#options;
    const { name, namespace } = current.metadata;
    const apiVersion = resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
    const body = { apiVersion, kind, metadata: { name, namespace }, status };
    const path = objectPath(resource, parseKey(keyOf(current)), "status");
    return withRetries(() => client.apply(path, body, { signal, fieldManager, force: true }), {
      what: `PATCH ${path}`,
      clock,
      random,
      signal,
      retryable: (failure) => failure.kind === "Conflict" || isTransient(failure),
    });
  }
}
