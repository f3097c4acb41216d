import type { Platform, SimImage } from "./contents.ts";
import { descriptorOf, imageFor, LINUX_AMD64 } from "./manifests.ts";
import type { SimRegistry } from "./registry.ts";

/** The image that a host of this platform has after pulling the tag, as the registry has it now. */
export function pullImage(
  registry: SimRegistry,
  repository: string,
  tag: string,
  platform: Platform = LINUX_AMD64,
): SimImage {
  const target = registry.find(repository, tag);
  const image = target && imageFor(target, platform);
  if (target === undefined || image === undefined) {
    throw new Error(`${repository}:${tag} was not pushed for ${platform.os}/${platform.architecture}`);
  }
  const name = `${registry.host}/${repository}`;
  return {
    tags: [`${name}:${tag}`],
    pulledFrom: [name],
    target: descriptorOf(target),
    manifest: { ...descriptorOf(image), platform },
    configDigest: image.configDigest,
  };
}
