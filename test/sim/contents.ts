/** The part of an OCI descriptor that a daemon shows. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly "os.version"?: string;
}

/** How a daemon keeps images, which decides what it calls their id and which digests it remembers. */
export type ImageStore = "graphdriver" | "containerd";

/** An image on a simulated host, as it lies in a registry; each store shows it in its own way. */
export interface SimImage {
  /**
   * Names that point to it now, e.g. `registry.example:5000/team/app:1`. A daemon moves them when a tag is pulled
   * again.
   */
  readonly tags: readonly string[];
  /** Repositories it was pulled from; none for an image that was built on the host. */
  readonly pulledFrom: readonly string[];
  /** What the tag named in the registry: an index, or the manifest itself. */
  readonly target: Descriptor;
  /** The manifest of the host's platform. */
  readonly manifest: Descriptor & { readonly platform: Platform };
  readonly configDigest: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export const CONTAINER_STATES = ["created", "running", "paused", "restarting", "removing", "exited", "dead"] as const;
export type ContainerState = (typeof CONTAINER_STATES)[number];

export interface SimContainer {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** As the container was created with (`Config.Image`). */
  readonly image: string;
  /** The image that it runs, which must be among the host's images. */
  readonly runs: SimImage;
  /** Default running. */
  readonly state?: ContainerState;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The config's digest on a graph driver; the index's or manifest's in the containerd store. */
export function imageId(image: SimImage, store: ImageStore): string {
  return store === "graphdriver" ? image.configDigest : image.target.digest;
}

/**
 * A graph driver remembers where an image was pulled from, also when its tag has moved. The containerd store knows only
 * the present names, and gives a digest even to an image that was never pushed.
 */
export function repoDigests(image: SimImage, store: ImageStore): readonly string[] {
  const repositories = store === "graphdriver" ? image.pulledFrom : image.tags.map(repositoryOf);
  return [...new Set(repositories)].map((repository) => `${repository}@${image.target.digest}`);
}

/** As a list of images has them: in the containerd store only the digest of the last name. */
export function listedRepoDigests(image: SimImage, store: ImageStore): readonly string[] {
  const digests = repoDigests(image, store);
  return store === "graphdriver" ? digests : digests.toSorted().slice(-1);
}

export function findContainer(containers: readonly SimContainer[], reference: string): SimContainer | undefined {
  return containers.find(
    ({ id, name }) => name === reference || (/^[0-9a-f]{4,}$/.test(reference) && id.startsWith(reference)),
  );
}

/** By id (with or without `sha256:`, or its beginning), by `name:tag` or by `name@digest`. */
export function findImage(images: readonly SimImage[], store: ImageStore, reference: string): SimImage | undefined {
  const hex = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(reference)?.[1];
  const name = familiar(reference);
  return images.find(
    (image) =>
      (hex !== undefined && imageId(image, store).startsWith(`sha256:${hex}`)) ||
      image.tags.some((tag) => familiar(tag) === name) ||
      repoDigests(image, store).some((digest) => familiar(digest) === name),
  );
}

/** `docker.io/library/nginx` as the daemon shows it: `nginx:latest`. */
export function familiar(reference: string): string {
  const short = reference.replace(/^(?:index\.)?docker\.io\//, "").replace(/^library\//, "");
  return repositoryOf(short) === short ? `${short}:latest` : short;
}

/** Without tag and digest. */
function repositoryOf(reference: string): string {
  return reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
}
