import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Descriptor, Platform } from "./contents.ts";

export const MEDIA_TYPES = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerSchema1: "application/vnd.docker.distribution.manifest.v1+prettyjws",
} as const;

const TYPES = {
  oci: {
    index: MEDIA_TYPES.ociIndex,
    manifest: MEDIA_TYPES.ociManifest,
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar",
  },
  docker: {
    index: MEDIA_TYPES.dockerList,
    manifest: MEDIA_TYPES.dockerManifest,
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  },
} as const;

export const LINUX_AMD64: Platform = { os: "linux", architecture: "amd64" };

export type Format = keyof typeof TYPES;

/** What a registry serves: the bytes decide the digest. */
export interface ManifestContent extends Descriptor {
  readonly body: string;
}

export interface ImageManifest extends ManifestContent {
  readonly kind: "image";
  readonly platform: Platform;
  readonly configDigest: string;
}

export interface ImageIndex extends ManifestContent {
  readonly kind: "index";
  readonly images: readonly ImageManifest[];
}

export type StoredManifest = ImageManifest | ImageIndex;

/** An image for one platform; `content` represents what is in it. */
export function imageManifest(format: Format, platform: Platform, content: string): ImageManifest {
  const layer = sha256(content);
  const config = JSON.stringify({
    ...platform,
    config: { Entrypoint: ["/app"] },
    rootfs: { type: "layers", diff_ids: [layer] },
    history: [{ created: "2025-11-01T09:00:00Z", created_by: "COPY app /" }],
  });
  const configDigest = sha256(config);
  const { manifest, config: configType, layer: layerType } = TYPES[format];
  const served = manifestContent(manifest, {
    schemaVersion: 2,
    mediaType: manifest,
    config: { mediaType: configType, digest: configDigest, size: config.length },
    layers: [{ mediaType: layerType, digest: layer, size: content.length }],
  });
  return { kind: "image", ...served, platform, configDigest };
}

export function imageIndex(format: Format, images: readonly ImageManifest[]): ImageIndex {
  const mediaType = TYPES[format].index;
  const manifests = images.map((image) => ({ ...descriptorOf(image), platform: image.platform }));
  return { kind: "index", ...manifestContent(mediaType, { schemaVersion: 2, mediaType, manifests }), images };
}

/** The image for this platform; undefined where an index has none. */
export function imageFor(stored: StoredManifest, platform: Platform): ImageManifest | undefined {
  if (stored.kind === "image") return stored;
  return stored.images.find((image) => isDeepStrictEqual(image.platform, platform));
}

/** What docker-registry 2 makes of a Docker image for a client that does not accept its type: another digest. */
export function schema1Manifest(repository: string, tag: string, image: Descriptor): ManifestContent {
  return manifestContent(MEDIA_TYPES.dockerSchema1, {
    schemaVersion: 1,
    name: repository,
    tag,
    architecture: "amd64",
    fsLayers: [],
    history: [{ v1Compatibility: JSON.stringify({ id: image.digest }) }],
  });
}

export function descriptorOf({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function manifestContent(mediaType: string, value: object): ManifestContent {
  const body = JSON.stringify(value);
  return { mediaType, digest: sha256(body), size: body.length, body };
}

function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
