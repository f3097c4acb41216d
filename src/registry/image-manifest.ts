import { createHash } from "node:crypto";
import type { Platform } from "../common/platform.ts";
import { asObject, type JsonObject, parseObject } from "./json.ts";
import { isDigest } from "./reference.ts";

const INDEX_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);

/** All four are needed: if one is missing, registries answer 404 or send another digest than the daemon has. */
export const ACCEPTED_TYPES = [
  ...INDEX_TYPES,
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_CHILDREN = 1_000;
/** The maximum length of a registry's texts about a platform, which are stored. */
const MAX_NAME_LENGTH = 64;
/** The memory that an entry takes in addition to its texts. */
const OBJECT_BYTES = 150;

/** What a registry has for a tag. */
export interface ManifestDescriptor {
  readonly digest: string;
  readonly mediaType: string;
  /** Whether it lists one image per platform. */
  readonly isIndex: boolean;
}

/** The memory that it takes in a cache. */
export function descriptorBytes({ digest, mediaType }: ManifestDescriptor): number {
  return digest.length + mediaType.length;
}

/** An image in an index. */
export interface IndexChild {
  readonly digest: string;
  readonly platform?: Platform;
}

export function isSchema1Type(mediaType: string): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\b/.test(mediaType);
}

/** Whether the text may be a manifest or an index of the schema to which today's digests refer. */
export function isManifest(text: string): boolean {
  return parseObject(text)?.schemaVersion === 2;
}

export function isIndexType(mediaType: string): boolean {
  return INDEX_TYPES.has(mediaType);
}

export function contentDigest(body: Buffer, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(body).digest("hex")}`;
}

/** Whether the bytes match the digest, which has an algorithm of the grammar. */
export function matchesDigest(body: Buffer, digest: string): boolean {
  return contentDigest(body, digest.slice(0, digest.indexOf(":"))) === digest;
}

/** What a manifest or an index refers to. */
export interface ManifestContent {
  /** The images of an index; empty for the manifest of a single image. */
  readonly children: readonly IndexChild[];
  /** Digest of a single image's configuration, which graph drivers use as the image's id. */
  readonly config?: string;
}

/** Leaves out entries without a digest. A text that is neither a manifest nor an index refers to nothing. */
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

/** The memory that it takes in a cache. */
export function contentBytes({ children }: ManifestContent): number {
  const texts = (platform: Platform | undefined) => Object.values(platform ?? {}).join("").length;
  return children.reduce((bytes, { digest, platform }) => bytes + digest.length + texts(platform) + OBJECT_BYTES, 200);
}

/** Texts that are too long cannot describe the platform of a host. */
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
