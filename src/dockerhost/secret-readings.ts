import { createHmac } from "node:crypto";
import { canonicalJson } from "../common/canonical-json.ts";
import type { Resources, SecretEntries, SecretReader } from "./ports.ts";

/** What a reading gave: a keyed hash, or that it is not known. */
type Digest = string | typeof UNKNOWN;

/** By the Secret's `namespace/name`. */
type Digests = ReadonlyMap<string, Digest>;

/** A reading that is under way, failed, or differs from an earlier one of the same pass: equal to nothing. */
const UNKNOWN = Symbol("unknown");

/** The Secrets of one pass. Each reading is noted; what was read is kept by nobody. */
export interface PassReadings extends SecretReader, Disposable {
  /** The pass has its outcome, which stands on what it read and on nothing that it did not. */
  complete(): void;
}

/** Whether a Secret holds something else than what a reader last found in it. */
export type SecretNews = (owner: string, object: string) => boolean;

/**
 * Remembers what each reconciler last read from which Secret for which object. One reading then shows whether the data of a
 * Secret changed or only its labels, before any work is interrupted. Only hashes are kept, made with a key that lives as
 * long as the process, so that they reveal nothing about the data.
 */
export class SecretReadings {
  readonly #resources: Pick<Resources, "getSecret">;
  readonly #hashKey: Uint8Array;
  /** Of completed passes, by reader. */
  readonly #last = new Map<string, Digests>();
  readonly #running = new Map<string, Map<string, Digest>>();

  /** @param options.hashKey random bytes of this process */
  constructor(options: { readonly resources: Pick<Resources, "getSecret">; readonly hashKey: Uint8Array }) {
    this.#resources = options.resources;
    this.#hashKey = options.hashKey;
  }

  /**
   * Begins a pass over an object (`namespace/name`); it ends with its disposal.
   * @param owner the word of the reconciler: it owns a part of the status of its kind, and no other kind has the same word
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
        // After a pass that was cut short the last outcome still stands on what was read for it.
        if (completed) this.#last.set(reader, digests);
        else this.#last.set(reader, new Map([...(this.#last.get(reader) ?? []), ...digests]));
      },
    };
  }

  /** Forgets an object that is gone. */
  forget(owner: string, object: string): void {
    this.#last.delete(readerOf(owner, object));
  }

  /** Whether a reader has read the Secret, or is about to know what it holds. */
  hasRead(owner: string, object: string, secret: string): boolean {
    return this.#lookUp(owner, object, secret) !== undefined;
  }

  /** Reads a Secret (`namespace/name`) once. Where it cannot be read everything may be news: the readers say why. */
  async compare(secret: string, signal: AbortSignal): Promise<SecretNews> {
    const [namespace = "", name = ""] = secret.split("/");
    const current = await this.#resources.getSecret(namespace, name, signal);
    const digest = current.ok ? this.#digest(current.value) : UNKNOWN;
    return (owner, object) => {
      const read = this.#lookUp(owner, object, secret);
      // Who has not read it has no outcome that stands on it, and reads what it holds now.
      return read !== undefined && (digest === UNKNOWN || read !== digest);
    };
  }

  #lookUp(owner: string, object: string, secret: string): Digest | undefined {
    const reader = readerOf(owner, object);
    return this.#running.get(reader)?.get(secret) ?? this.#last.get(reader)?.get(secret);
  }

  /** A Secret that does not exist is unlike every one that does. */
  #digest(entries: SecretEntries | undefined): string {
    return createHmac("sha256", this.#hashKey)
      .update(canonicalJson(entries ?? null))
      .digest("base64");
  }
}

function readerOf(owner: string, object: string): string {
  return `${owner} ${object}`;
}
