import type { KubeObject } from "./kube-object.ts";
import type { WriteOptions } from "./status-writer.ts";

/**
 * stored: the status is now as it was given. gone: the object no longer exists. changed: only with `onlyIfUnchanged`; the
 * object is no longer as it was given, and nothing was stored.
 */
export type StatusSave = "stored" | "gone" | "changed";

/** An event about an object, for its users. */
export interface ObjectEvent {
  readonly type: "Normal" | "Warning";
  /** In UpperCamelCase, from a fixed set. */
  readonly reason: string;
  /** What was being done, in one word in UpperCamelCase: `Connect`, `CheckUpdates`. */
  readonly action: string;
  readonly message: string;
}

type WithStatus = KubeObject & { readonly status?: unknown };

/** Where the objects of one kind are kept: in a cluster, or in files. Keys are `namespace/name`. */
export interface Objects<T extends WithStatus, Owner extends string> {
  /** From the cache; undefined when the object is gone. */
  get(key: string): T | undefined;
  /**
   * Stores the complete part of the status that the owner has; a write that would change nothing is skipped.
   * Rejects when it could not be stored: the reconcile is then tried again.
   * With `onlyIfUnchanged` it is stored only if nothing of the object has changed since (by its resourceVersion), so that an
   * intent can be written before an act.
   */
  saveStatus(
    object: T,
    owner: Owner,
    status: NonNullable<T["status"]>,
    signal: AbortSignal,
    options?: WriteOptions,
  ): Promise<StatusSave>;
  /** Never fails and never waits. */
  recordEvent(object: T, event: ObjectEvent): void;
}
