import { createHmac } from "node:crypto";
import { canonicalJson } from "../common/canonical-json.ts";
import type { Resources, SecretEntries, SecretReader } from "./ports.ts";

/** The result of a reading: a keyed hash, or that it is not known. */
type Digest = string | typeof UNKNOWN;

/** The keys are `namespace/name` of Secrets. */
type Digests = ReadonlyMap<string, Digest>;

/** A reading that is in progress, failed, or differs from an earlier one of the same pass; it never equals another. */
const UNKNOWN = Symbol("unknown");

/** The Secrets of one pass. Each reading is recorded, but its content is not kept. */
export interface PassReadings extends SecretReader, Disposable {
  /** Marks the pass as complete: its outcome depends only on what it has read. */
  complete(): void;
}

/** Whether the content of a Secret differs from what a reader last found in it. */
export type SecretNews = (owner: string, object: string) => boolean;

/**
 * Remembers what each reconciler last read from which Secret for which object. One reading then shows whether the data
 * of a Secret changed or only its labels, before any work is interrupted. Only hashes are kept, made with a key that
 * lives as long as the process, so that they reveal nothing about the data.
 */
export class SecretReadings {
  readonly #resources: Pick<Resources, "getSecret">;
  readonly #hashKey: Uint8Array;
  /** The readings of completed passes, by reader. */
  readonly #last = new Map<string, Digests>();
  readonly #running = new Map<string, Map<string, Digest>>();

  /** @param options.hashKey random bytes of this process */
  constructor(options: { readonly resources: Pick<Resources, "getSecret">; readonly hashKey: Uint8Array }) {
    this.#resources = options.resources;
    this.#hashKey = options.hashKey;
  }

  /**
   * Begins a pass over an object (`namespace/name`), which ends when it is disposed of.
   * @param owner the name of the reconciler, which owns a part of the status of its kind; no other kind uses this name
   */
  begin(owner: string, object: string): PassReadings {
    const reader = readerOf(owner, object);
    const digests = new Map<string, Digest>();
    let completed = false;
    this.#running.set(reader, digests);
    return {
      getSecret: async (namespace, name, signal) => {
        const key = `${namespace}/${name}`;
        const earlier = digests.get(key);
        digests.set(key, UNKNOWN);
        const secret = await this.#resources.getSecret(namespace, name, signal);
        const digest = secret.ok ? this.#digest(secret.value) : UNKNOWN;
        digests.set(key, earlier === undefined || earlier === digest ? digest : UNKNOWN);
        return secret;
      },
      complete: () => {
        completed = true;
      },
      [Symbol.dispose]: () => {
        if (this.#running.get(reader) === digests) this.#running.delete(reader);
        // After an interrupted pass, the last outcome still depends on what was read for it.
        if (completed) this.#last.set(reader, digests);
        else this.#last.set(reader, new Map([...(this.#last.get(reader) ?? []), ...digests]));
      },
    };
  }

  /** Forgets an object that is gone. */
  forget(owner: string, object: string): void {
    this.#last.delete(readerOf(owner, object));
  }

  /** Whether a reader has read the Secret or is reading it now. */
  hasRead(owner: string, object: string, secret: string): boolean {
    return this.#lookUp(owner, object, secret) !== undefined;
  }

  /**
   * Reads a Secret (`namespace/name`) once. If that fails, all readers may be affected: their own passes report why.
   */
  async compare(secret: string, signal: AbortSignal): Promise<SecretNews> {
    const [namespace = "", name = ""] = secret.split("/");
    const current = await this.#resources.getSecret(namespace, name, signal);
    const digest = current.ok ? this.#digest(current.value) : UNKNOWN;
    return (owner, object) => {
      const read = this.#lookUp(owner, object, secret);
      // A reader that has not read it has no outcome that depends on it, and will read the current content.
      return read !== undefined && (digest === UNKNOWN || read !== digest);
    };
  }

  #lookUp(owner: string, object: string, secret: string): Digest | undefined {
    const reader = readerOf(owner, object);
    return this.#running.get(reader)?.get(secret) ?? this.#last.get(reader)?.get(secret);
  }

  /** A missing Secret differs from every existing one. */
  #digest(entries: SecretEntries | undefined): string {
    return createHmac("sha256", this.#hashKey)
      .update(canonicalJson(entries ?? null))
      .digest("base64");
  }
}

function readerOf(owner: string, object: string): string {
  return `${owner} ${object}`;
}
