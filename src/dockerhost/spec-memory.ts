import { createHash } from "node:crypto";
import type { DockerHostObject } from "../api/docker-host.ts";
import { canonicalJson } from "../common/canonical-json.ts";
import { keyOf } from "../runtime/kube-object.ts";

/**
 * Remembers the spec that was last processed for each host, to distinguish a host that was only suspended or resumed
 * from one whose spec changed as well. Only hashes are kept. They are lost at a restart; then a change is assumed.
 */
export class SpecMemory {
  readonly #hashes = new Map<string, string>();

  remember(host: DockerHostObject): void {
    this.#hashes.set(keyOf(host), fingerprint(host));
  }

  forget(key: string): void {
    this.#hashes.delete(key);
  }

  /** Whether the host's spec equals the remembered one, apart from `suspend`. */
  matches(host: DockerHostObject): boolean {
    return this.#hashes.get(keyOf(host)) === fingerprint(host);
  }
}

/** Includes the uid, because a host of the same name that was created later is another host. */
function fingerprint({ metadata, spec }: DockerHostObject): string {
  const { suspend: _, ...rest } = (spec ?? {}) as Record<string, unknown>;
  return createHash("sha256")
    .update(`${metadata.uid} ${canonicalJson(rest)}`)
    .digest("base64");
}
