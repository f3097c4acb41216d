import { createHash } from "node:crypto";
import type { Platform } from "../common/platform.ts";
import { asObject, type JsonObject, parseObject } from "./json.ts";
import { isDigest } from "./reference.ts";

const INDEX_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);

/** All four are needed: without one of them registries answer 404, or with another digest than the daemon's. */
export const ACCEPTED_TYPES = [
  ...INDEX_TYPES,
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_CHILDREN = 1_000;
/** Of what a registry says of a platform; it is kept. */
const MAX_NAME_LENGTH = 64;
/** What an entry takes beside its texts. */
const OBJECT_BYTES = 150;

/** What a registry has for a tag. */
export interface ManifestDescriptor {
  readonly digest: string;
  readonly mediaType: string;
  /** Whether it lists one image per platform. */
  readonly isIndex: boolean;
}

/** What it takes in a cache. */
export function descriptorBytes({ digest, mediaType }: ManifestDescriptor): number {
  return digest.length + mediaType.length;
}

/** An image within an index. */
export interface IndexChild {
  readonly digest: string;
  readonly platform?: Platform;
}

export function isSchema1Type(mediaType: string): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\b/.test(mediaType);
}

/** Whether the text may be a manifest or an index of the schema that the digests of today are made from. */
export function isManifest(text: string): boolean {
  return parseObject(text)?.schemaVersion === 2;
}

export function isIndexType(mediaType: string): boolean {
  return INDEX_TYPES.has(mediaType);
}

export function contentDigest(body: Buffer, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(body).digest("hex")}`;
}

/** Whether the bytes are the content that the digest (of an algorithm of the grammar) names. */
export function matchesDigest(body: Buffer, digest: string): boolean {
  return contentDigest(body, digest.slice(0, digest.indexOf(":"))) === digest;
}

/** What a manifest or an index refers to. */
export interface ManifestContent {
  /** The images of an index; none in a single image's manifest. */
  readonly children: readonly IndexChild[];
  /** Digest of a single image's configuration, which graph drivers take for the image's id. */
  readonly config?: string;
}

/** Entries without a digest are left out; a text that is neither a manifest nor an index refers to nothing. */
export function parseManifest(text: string): ManifestContent {
  const { manifests, config } = parseObject(text) ?? {};
  const children = Array.isArray(manifests) ? manifests.slice(0, MAX_CHILDREN) : [];
  const digest = asObject(config)?.digest;
  return {
    children: children.flatMap((entry) => readChild(asObject(entry)) ?? []),
    ...(typeof digest === "string" && isDigest(digest) && { config: digest }),
  };
}

function readChild(entry: JsonObject | undefined): IndexChild | undefined {
  const digest = entry?.digest;
  if (typeof digest !== "string" || !isDigest(digest)) return undefined;
  const platform = readPlatform(asObject(entry?.platform));
  return { digest, ...(platform !== undefined && { platform }) };
}

/** What it takes in a cache. */
export function contentBytes({ children }: ManifestContent): number {
  const texts = (platform: Platform | undefined) => Object.values(platform ?? {}).join("").length;
  return children.reduce((bytes, { digest, platform }) => bytes + digest.length + texts(platform) + OBJECT_BYTES, 200);
}

/** A platform that is not told in texts of a sound length is none that a host could have. */
function readPlatform(value: JsonObject | undefined): Platform | undefined {
  const { os, architecture, variant, "os.version": osVersion } = value ?? {};
  if (!isName(os) || !isName(architecture) || !isAbsentOrName(variant) || !isAbsentOrName(osVersion)) return undefined;
  return { os, architecture, ...(isName(variant) && { variant }), ...(isName(osVersion) && { osVersion }) };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_NAME_LENGTH;
}

function isAbsentOrName(value: unknown): boolean {
  return typeof value !== "string" || value.length <= MAX_NAME_LENGTH;
}
