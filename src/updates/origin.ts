import type { ImageFacts } from "../docker/facts.ts";
import { familiarName, type ImageReference, repositoryName } from "../registry/reference.ts";
import type { LocalImages } from "./candidates.ts";

/**
 * Whether an image came from the repository in the name with which its container was created. The name does not prove
 * it, because `docker tag` can give any name to any image.
 *
 * | image store | what the daemon knows                                 | origin      |
 * | ----------- | ----------------------------------------------------- | ----------- |
 * | graph       | a RepoDigest in the repository                        | `Proven`    |
 * | graph       | none: it was built, loaded or named on the host       | `Elsewhere` |
 * | containerd  | from API 1.54: a pull or push names the repository    | `Proven`    |
 * | containerd  | from API 1.54: it names only others, or a build       | `Elsewhere` |
 * | containerd  | from API 1.54: nothing, as of a loaded image          | `Untold`    |
 * | containerd  | below: a second digest in the repository              | `Proven`    |
 * | containerd  | below: `name@id`, which every image has               | `Unknown`   |
 *
 * With `Elsewhere`, there is nothing to compare. With `Untold` and `Unknown`, the registry proves the origin if it has the
 * digest that runs; it is asked for this digest only if the tag points to another one.
 */
export type Origin =
  | { readonly kind: "Proven" | "Unknown" | "Untold" }
  | { readonly kind: "Elsewhere"; readonly message: string };

export function originOf(image: ImageFacts, reference: ImageReference, images: LocalImages): Origin {
  const digests = images.digestsOf(image, reference);
  if (images.store === "graphdriver") {
    return digests.length > 0 ? { kind: "Proven" } : { kind: "Elsewhere", message: LOCAL_MESSAGE };
  }
  const { sources, built } = image;
  if (sources === undefined) return { kind: digests.some((digest) => digest !== image.id) ? "Proven" : "Unknown" };
  if (sources.includes(sourceName(reference))) return { kind: "Proven" };
  if (sources.length > 0) return { kind: "Elsewhere", message: renamedMessage(sources, reference) };
  return built === true ? { kind: "Elsewhere", message: "Built on this host: there is nothing to compare" } : UNTOLD;
}

const UNTOLD: Origin = { kind: "Untold" };

export const LOCAL_MESSAGE =
  "Built, imported or loaded on this host, or not pulled by this name: there is nothing to compare. docker load and " +
  "docker import lose where an image came from";

/** The message for an image of unknown origin, if the registry has another image under its name. */
export function unprovenMessage(reference: ImageReference): string {
  return (
    `The registry does not have the digest that runs, and the daemon does not say that it came from ` +
    `${familiarName(reference)}: it was built, loaded or tagged on this host, or removed from the registry since`
  );
}

const MAX_NAMED = 3;

function renamedMessage(sources: readonly string[], reference: ImageReference): string {
  const named = [...new Set(sources)].slice(0, MAX_NAMED).map((source) => source.slice(0, 256));
  return (
    `Pulled from or pushed to ${named.join(", ")}, and not ${familiarName(reference)}, a name that was given to it on ` +
    "this host: there is nothing to compare"
  );
}

/** The name as the daemon remembers it, without the registry's port. */
function sourceName(reference: ImageReference): string {
  return repositoryName({ ...reference, domain: reference.domain.replace(/:[0-9]+$/, "") });
}
