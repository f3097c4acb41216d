import { isOlder, type KubeObject, keyOf } from "../../src/runtime/kube-object.ts";

/** What a cache missed of what the server listed before the last version that the cache has read, in words. */
export function missedOf(listed: readonly KubeObject[], cached: readonly KubeObject[]): readonly string[] {
  const held = new Map(cached.map((object) => [keyOf(object), object.metadata.resourceVersion]));
  const behind = listed.flatMap((object) => {
    const key = keyOf(object);
    const version = held.get(key);
    held.delete(key);
    const wanted = object.metadata.resourceVersion ?? "0";
    if (version !== undefined && !isOlder(version, wanted)) return [];
    return [`${key}: the cache has ${version ?? "nothing"}, the server had ${wanted}`];
  });
  return [...behind, ...[...held.keys()].map((key) => `${key}: is in the cache, but was deleted on the server`)];
}
