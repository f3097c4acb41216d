import type { Failure } from "../api/failure.ts";
import type { Platform } from "../common/platform.ts";

/** One container, as the daemon describes it. */
export interface ContainerFacts {
  readonly id: string;
  readonly name: string;
  /** The name that the container was created with (Config.Image); a list shows another one after the tag has moved. */
  readonly image: string;
  readonly imageId: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Digest of the platform's manifest that runs; known from API 1.48 with the containerd image store. */
  readonly manifestDigest?: string;
  /** Why the daemon, or a proxy in front of it, did not say what the container was created with. */
  readonly failure?: Failure;
}

/** One image, as the daemon describes it. */
export interface ImageFacts {
  readonly id: string;
  readonly repoTags: readonly string[];
  /** `name@digest`, for each repository that the image is known by. */
  readonly repoDigests: readonly string[];
  /** Digest of the image's index or manifest; known from API 1.48 with the containerd image store. */
  readonly descriptorDigest?: string;
  /** Known for an image that was inspected; from a list, only if the daemon holds the image for a single platform. */
  readonly platform?: Platform;
  /** What its index lists, or itself where it has none; known from API 1.48 with the containerd image store. */
  readonly manifests?: readonly HeldManifest[];
  /**
   * Repositories that the daemon pulled the image from or pushed it to, as `docker.io/library/nginx`, the registry
   * without its port; none for one that was made on the host. Known from API 1.54 with the containerd image store.
   */
  readonly sources?: readonly string[];
  /** Whether the daemon built it. Known together with `sources`. */
  readonly built?: boolean;
}

/** One platform's manifest of an image. */
export interface HeldManifest {
  readonly digest: string;
  readonly platform?: Platform;
  /** Whether its content is on the host. */
  readonly available: boolean;
}

export type ImageStore = "graphdriver" | "containerd";

/** The host that runs them. */
export interface HostFacts {
  /** From /info, which a proxy may deny; then from the images. */
  readonly imageStore?: ImageStore;
  /** The daemon's, in the words of image platforms: `linux`, `amd64`. */
  readonly os: string;
  readonly arch: string;
}
