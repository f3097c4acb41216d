import { createHash } from "node:crypto";
import { type Platform, ScriptError } from "./container-builder.ts";

/** A manifest as the registry serves it. */
export interface ServedManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface PlatformManifest extends ServedManifest {
  readonly platform: Platform;
}

/** Part of an index. */
interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
}

const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";

/** What a builder may have pushed under the tag of one platform. */
export const MANIFEST_TYPES = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST] as const;

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** One manifest that refers to the image of each platform; in Docker's format only if all images are. */
export function listOf(images: readonly PlatformManifest[]): ServedManifest {
  const isDocker = images.every(({ mediaType }) => mediaType === DOCKER_MANIFEST);
  const mediaType = isDocker ? DOCKER_LIST : OCI_INDEX;
  const manifests = images.map(({ mediaType, bytes, platform }): Descriptor => {
    const [os = "", architecture = ""] = platform.split("/");
    return { mediaType, digest: digestOf(bytes), size: bytes.length, platform: { os, architecture } };
  });
  return { mediaType, bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests })) };
}

/**
 * The digest of the image for a platform in what was pushed under its tag, if that is an index: builders may add an
 * attestation to the image. Undefined if it is the image itself.
 */
export function imageInIndex({ mediaType, bytes }: ServedManifest, platform: Platform): string | undefined {
  if (mediaType !== OCI_INDEX && mediaType !== DOCKER_LIST) return undefined;
  const { manifests } = JSON.parse(bytes.toString("utf8")) as { readonly manifests: readonly Descriptor[] };
  const found = manifests.find(({ platform: p }) => `${p?.os}/${p?.architecture}` === platform);
  if (found !== undefined) return found.digest;
  throw new ScriptError(`What was pushed for ${platform} contains no image for ${platform}. Build it again.`);
}
