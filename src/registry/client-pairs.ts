import { LRUCache } from "lru-cache";
import type { RegistryTarget } from "./access.ts";
import { trustFingerprint } from "./trust.ts";

const MAX_BYTES = 1024 * 1024;

/** A target with one client certificate to show, or with none. */
export interface Way {
  readonly target: RegistryTarget;
  /** It was let in: from now on this one is tried first. */
  keep(): void;
}

/** Which client certificate is tried first: the one that worked for the repository, else for the registry, else the first. */
export class ClientPairs {
  /** Places in the list of pairs. */
  readonly #worked = new LRUCache<string, number>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_, key) => 2 * key.length + 100,
  });

  /** One for each pair in the order in which they are tried, at least one. */
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
