import type { Failure } from "../api/failure.ts";
import type { Platform } from "../common/platform.ts";

/** A container as the daemon describes it. */
export interface ContainerFacts {
  readonly id: string;
  readonly name: string;
  /** The name with which the container was created (Config.Image). A list shows another after the tag has moved. */
  readonly image: string;
  readonly imageId: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Digest of the manifest of the running platform; known from API 1.48 on with the containerd image store. */
  readonly manifestDigest?: string;
  /** Why the daemon, or a proxy in front of it, did not report the name with which the container was created. */
  readonly failure?: Failure;
}

/** An image as the daemon describes it. */
export interface ImageFacts {
  readonly id: string;
  readonly repoTags: readonly string[];
  /** `name@digest` for each repository in which the image is known. */
  readonly repoDigests: readonly string[];
  /** Digest of the image's index or manifest; known from API 1.48 on with the containerd image store. */
  readonly descriptorDigest?: string;
  /** Known for an image that was inspected; in a list, only if the daemon holds the image for a single platform. */
  readonly platform?: Platform;
  /**
   * The content of its index, or the image itself if there is no index; known from API 1.48 on with the containerd
   * image store.
   */
  readonly manifests?: readonly HeldManifest[];
  /**
   * Repositories from which the daemon pulled the image or to which it pushed it, such as `docker.io/library/nginx`,
   * with the registry's port left out; empty for an image that was built on the host. Known from API 1.54 on with the
   * containerd image store.
   */
  readonly sources?: readonly string[];
  /** Whether the daemon built it. Known whenever `sources` is. */
  readonly built?: boolean;
}

/** The manifest of an image for one platform. */
export interface HeldManifest {
  readonly digest: string;
  readonly platform?: Platform;
  /** Whether its content is on the host. */
  readonly available: boolean;
}

export type ImageStore = "graphdriver" | "containerd";

/** The host that runs the containers. */
export interface HostFacts {
  /** From /info or, if a proxy denies that, from the images. */
  readonly imageStore?: ImageStore;
  /** The daemon's platform in the notation of images: `linux`, `amd64`. */
  readonly os: string;
  readonly arch: string;
}
