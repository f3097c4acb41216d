import { createHash } from "node:crypto";
import type { DockerHostObject } from "../api/docker-host.ts";
import { canonicalJson } from "../common/canonical-json.ts";

/**
 * Remembers, per host, the spec that was last worked on, so that a host which was merely suspended or resumed is told
 * from one whose spec changed as well. Hashes only; lost at a restart, and then a change is assumed.
 */
export class SpecMemory {
  readonly #hashes = new Map<string, string>();

  remember(key: string, spec: unknown): void {
    this.#hashes.set(key, hashWithoutSuspend(spec));
  }

  forget(key: string): void {
    this.#hashes.delete(key);
  }

  /** Whether the host's spec is the one that was remembered, `suspend` apart. */
  matches(host: DockerHostObject): boolean {
    const { namespace, name } = host.metadata;
    return this.#hashes.get(`${namespace}/${name}`) === hashWithoutSuspend(host.spec);
  }
}

function hashWithoutSuspend(spec: unknown): string {
  const { suspend: _, ...rest } = (spec ?? {}) as Record<string, unknown>;
  return createHash("sha256").update(canonicalJson(rest)).digest("base64");
}
