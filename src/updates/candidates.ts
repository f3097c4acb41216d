import type { Failure } from "../api/failure.ts";
import type { ContainerFacts, HostFacts, ImageFacts, ImageStore } from "../docker/facts.ts";
import { type ImageReference, parseReference, repositoryName, taggedName } from "../registry/reference.ts";

/** The digests under which a registry may know what a container runs. */
export interface Candidates {
  /** If the tag has one of these, the container is up to date. */
  readonly digests: ReadonlySet<string>;
  /** The digest of the platform's own manifest, if the daemon reports it; never set with a graph driver. */
  readonly manifest?: string;
  /** The digest to show. */
  readonly running: string;
}

/**
 * Only this many digests of one repository are used, because a hostile daemon could list thousands for each of
 * thousands of containers.
 */
const MAX_DIGESTS = 100;

/**
 * Always includes the image's id: the digest of a configuration, which graph drivers use as the id, never matches a
 * digest in a registry.
 */
export function candidatesOf(
  images: LocalImages,
  image: ImageFacts,
  reference: ImageReference,
  manifestDigest?: string,
): Candidates {
  const named = new Set(images.digestsOf(image, reference));
  if (image.descriptorDigest !== undefined) named.add(image.descriptorDigest);
  if (images.store === "containerd") named.add(image.id);
  const [running = image.id] = named;
  const manifest = manifestDigest ?? onlyManifest(image);
  return {
    digests: new Set([...named, image.id, ...(manifest === undefined ? [] : [manifest])]),
    ...(manifest !== undefined && { manifest }),
    running,
  };
}

/** If the host holds the manifest of only one platform, a container runs that one. */
function onlyManifest({ manifests = [] }: ImageFacts): string | undefined {
  const [only, ...others] = manifests.filter(({ available }) => available);
  return others.length === 0 ? only?.digest : undefined;
}

/** All images of a host, found by id and by tag. */
export interface LocalImages {
  readonly store: ImageStore;
  byId(id: string): ImageFacts | undefined;
  /** The image to which the reference's tag points on the host now. */
  byTag(reference: ImageReference): ImageFacts | undefined;
  /** The digests under which the image is known in the reference's repository. */
  digestsOf(image: ImageFacts, reference: ImageReference): readonly string[];
  /** Why an image with this id is missing, if that is known. */
  failureOf(id: string): Failure | undefined;
}

export function indexImages(
  images: readonly ImageFacts[],
  host: HostFacts,
  failures: ReadonlyMap<string, Failure> = new Map(),
): LocalImages {
  const ids = new Map(images.map((image) => [image.id, image]));
  const tags = new Map<string, ImageFacts>();
  for (const image of images) {
    for (const text of image.repoTags) {
      const parsed = parseReference(text);
      if (parsed.ok) tags.set(taggedName(parsed.value), image);
    }
  }
  // Read once for all containers of the image.
  const digests = new Map<ImageFacts, ReadonlyMap<string, readonly string[]>>();
  return {
    store: host.imageStore ?? inferStore(images),
    byId: (id) => ids.get(id),
    byTag: (reference) => tags.get(taggedName(reference)),
    digestsOf(image, reference) {
      const known = digests.get(image) ?? digestsByRepository(image);
      digests.set(image, known);
      return known.get(repositoryName(reference)) ?? [];
    },
    failureOf: (id) => failures.get(id),
  };
}

function digestsByRepository({ repoDigests }: ImageFacts): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const text of repoDigests) {
    const parsed = parseReference(text);
    if (!parsed.ok || parsed.value.digest === undefined) continue;
    const repository = repositoryName(parsed.value);
    const known = found.get(repository) ?? [];
    if (known.length < MAX_DIGESTS) found.set(repository, [...known, parsed.value.digest]);
  }
  return found;
}

/** With containerd, the id of an image is the digest under which it is known; with a graph driver, it never is. */
function inferStore(images: readonly ImageFacts[]): ImageStore {
  const isContainerd = images.some(
    ({ id, descriptorDigest, repoDigests }) =>
      descriptorDigest !== undefined || repoDigests.some((text) => text.endsWith(`@${id}`)),
  );
  return isContainerd ? "containerd" : "graphdriver";
}

/**
 * Whether the container was created from an image's id, in full or abbreviated, which is not a name. A name that
 * consists of such digits counts as one while the image still has it.
 */
export function isCreatedFromId(container: ContainerFacts, image: ImageFacts | undefined): boolean {
  const hex = container.image.replace(/^sha256:/, "");
  if (!/^[a-f0-9]{4,64}$/.test(hex)) return false;
  if (hex.length === 64 || hex !== container.image) return true;
  return container.imageId.startsWith(`sha256:${hex}`) && !image?.repoTags.some((tag) => tag.startsWith(`${hex}:`));
}
