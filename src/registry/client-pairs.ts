import { LRUCache } from "lru-cache";
import type { RegistryTarget } from "./access.ts";
import { trustFingerprint } from "./trust.ts";

const MAX_BYTES = 1024 * 1024;

/** A target with one client certificate to show, or with none. */
export interface Way {
  readonly target: RegistryTarget;
  /** Remembers that this one was accepted, so that it is tried first from now on. */
  keep(): void;
}

/**
 * Chooses the client certificate to try first: the one that worked for the repository, then the one for the registry,
 * then the first.
 */
export class ClientPairs {
  /** Positions in the list of pairs. */
  readonly #worked = new LRUCache<string, number>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_, key) => 2 * key.length + 100,
  });

  /** One target for each pair, in the order in which they are tried; at least one. */
  ways(target: RegistryTarget): readonly Way[] {
    const { roots, clientPairs = [] } = target.access.trust;
    const [only] = clientPairs;
    if (only === undefined) return [{ target, keep: () => undefined }];
    const keys = keysOf(target);
    const first = keys.map((key) => this.#worked.get(key)).find((place) => place !== undefined) ?? 0;
    const places = [first, ...clientPairs.keys().filter((place) => place !== first)];
    return places.map((place) => ({
      target: {
        ...target,
        access: { ...target.access, trust: { roots, clientPairs: clientPairs.slice(place, place + 1) } },
      },
      keep: () => {
        for (const key of keys) this.#worked.set(key, place);
      },
    }));
  }
}

function keysOf({ domain, path, access }: RegistryTarget): readonly string[] {
  const trust = trustFingerprint(access.trust);
  return [`${domain}/${path} ${trust}`, `${domain} ${trust}`];
}
