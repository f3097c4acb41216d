import { createHash } from "node:crypto";
import type { DockerHostObject } from "../api/docker-host.ts";
import { canonicalJson } from "../common/canonical-json.ts";
import { keyOf } from "../runtime/object.ts";

/**
 * Remembers, per host, the spec that was last worked on, so that a host which was merely suspended or resumed is told
 * from one whose spec changed as well. Hashes only; lost at a restart, and then a change is assumed.
 */
export class SpecMemory {
  readonly #hashes = new Map<string, string>();

  remember(host: DockerHostObject): void {
    this.#hashes.set(keyOf(host), fingerprint(host));
  }

  forget(key: string): void {
    this.#hashes.delete(key);
  }

  /** Whether the host's spec is the one that was remembered, `suspend` apart. */
  matches(host: DockerHostObject): boolean {
    return this.#hashes.get(keyOf(host)) === fingerprint(host);
  }
}

/** With the uid: a namesake that was created later is another host. */
function fingerprint({ metadata, spec }: DockerHostObject): string {
  const { suspend: _, ...rest } = (spec ?? {}) as Record<string, unknown>;
  return createHash("sha256")
    .update(`${metadata.uid} ${canonicalJson(rest)}`)
    .digest("base64");
}
