import * as z from "zod";
import { MAX_DIGEST_LENGTH } from "../api/status.ts";
import { foreignText } from "../common/foreign-text.ts";
import { printable } from "../common/printable.ts";
import { truncate } from "../common/truncate.ts";
import type { ContainerFacts, ImageFacts, ImageStore } from "./facts.ts";
import { entriesOf, listOf } from "./reply-schema.ts";

/**
 * The fields that the product reads from the daemon's answers, and the facts that it makes of them. Other fields are
 * dropped.
 */

/** This text comes from outside and is copied to the status, so its length is limited. */
const text = (length: number) => z.string().transform((value) => foreignText(value, length));
const version = z.string().regex(/^1\.[0-9]{1,3}$/);

export const VersionReply = z.object({
  Version: text(256),
  ApiVersion: version,
  MinAPIVersion: version.optional(),
  Os: text(64),
  Arch: text(64),
  Components: listOf(z.object({ Name: z.string() })).nullish(),
});

export const InfoReply = z.object({
  ID: text(256).optional(),
  Name: text(256).optional(),
  DriverStatus: listOf(listOf(z.string())).nullish(),
});

/**
 * The digest or id of an image. It is copied to the status and must not be shortened, because that would make it
 * another one.
 */
const digest = z
  .string()
  .max(MAX_DIGEST_LENGTH)
  .regex(/^[\x20-\x7e]*$/);
const descriptor = z.object({ digest }).nullish();

/** Longer than any name that Docker gives. */
const MAX_NAME_LENGTH = 256;
/** Longer than any name that can be asked for, so that a shortened one is still refused. */
const MAX_IMAGE_LENGTH = 1_100;

/**
 * Call it once and keep the schema: zod compiles each one when it is first used.
 * @param keepsLabel selects the labels that the caller reads; a daemon may have megabytes of others
 */
export function listedContainerReply(keepsLabel: (label: string) => boolean) {
  return z.object({
    Id: text(MAX_NAME_LENGTH),
    Names: listOf(z.string()).nullish(),
    Image: z.string(),
    ImageID: digest,
    ImageManifestDescriptor: descriptor,
    State: text(64).optional(),
    Labels: entriesOf(keepsLabel, text(MAX_NAME_LENGTH)).nullish(),
  });
}

export type ListedContainerReply = ReturnType<typeof listedContainerReply>;
export type ListedContainer = z.output<ListedContainerReply>;

export const ContainerReply = z.object({
  Config: z.object({ Image: z.string() }),
});

const platform = z.object({
  os: text(64),
  architecture: text(64),
  variant: text(64).optional(),
  "os.version": text(64).optional(),
});

/**
 * An entry of an image's index, which API 1.48 and later report; 1.54 and later report its origin too, if the daemon
 * remembers it.
 */
const manifest = z.object({
  ID: digest.optional(),
  Available: z.boolean(),
  ImageData: z
    .object({
      Platform: platform.nullish(),
      Identity: z
        .object({
          Pull: listOf(z.object({ Repository: text(512) })).nullish(),
          Build: listOf(z.unknown()).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

export const ImageReply = z.object({
  Id: digest,
  RepoTags: listOf(z.string()).nullish(),
  RepoDigests: listOf(z.string()).nullish(),
  Descriptor: descriptor,
  Manifests: listOf(manifest).nullish(),
  /** The platform of an image that is requested by itself; every version of the API reports it. */
  Os: text(64).nullish(),
  Architecture: text(64).nullish(),
  Variant: text(64).nullish(),
  OsVersion: text(64).nullish(),
  /** Only Podman has these: every name that the image ever had, and the digest of the manifest with that name. */
  History: listOf(z.string()).nullish(),
  Digest: digest.nullish(),
});

/** `digest` identifies the manifest or index to which a tag points. */
export const DistributionReply = z.object({
  Descriptor: z.object({ digest: digest.regex(/^[a-z0-9]+:[a-f0-9]{32,128}$/), mediaType: text(256) }),
});

export type DistributedImage = z.output<typeof DistributionReply>["Descriptor"];

export type EngineName = "Docker" | "Podman";

/** Facts about the daemon itself. */
export interface EngineFacts {
  readonly name: EngineName;
  readonly version: string;
  /** The agreed version, not the newest that the daemon serves. */
  readonly apiVersion: string;
  readonly minAPIVersion?: string;
  readonly os: string;
  /** Unknown if /version is denied. */
  readonly arch?: string;
}

/** Before a version of the API is agreed on, this contains the newest that the daemon serves. */
export function engineFacts(reply: z.output<typeof VersionReply>): EngineFacts {
  const { Version, ApiVersion, MinAPIVersion, Os, Arch, Components } = reply;
  const isPodman = Components?.some(({ Name }) => Name === "Podman Engine") === true;
  return {
    name: isPodman ? "Podman" : "Docker",
    version: Version,
    apiVersion: ApiVersion,
    ...(MinAPIVersion === undefined ? {} : { minAPIVersion: MinAPIVersion }),
    os: Os,
    arch: Arch,
  };
}

/**
 * Reads the same facts from the headers of a ping, for daemons that deny /version. `Server` has the form `Docker/29.7.2
 * (linux)`; this is undefined if it does not.
 */
export function pingedEngine(apiVersion: string, server: unknown): EngineFacts | undefined {
  const [, product, version, os] = /^(Docker|Libpod)\/([^\s()]{1,100}) \(([a-z]{1,32})\)$/.exec(String(server)) ?? [];
  if (version === undefined || os === undefined) return undefined;
  return { name: product === "Libpod" ? "Podman" : "Docker", version, apiVersion, os };
}

/** What /info adds; a socket proxy may forbid it. */
export interface EngineIdentity {
  readonly id?: string;
  readonly hostname?: string;
  readonly imageStore: ImageStore;
}

export function engineIdentity(
  { ID, Name, DriverStatus }: z.output<typeof InfoReply>,
  engine: EngineName,
): EngineIdentity {
  // The type of the driver shows whether this is the containerd image store.
  const snapshotter = DriverStatus?.some(
    ([key, value]) => key === "driver-type" && value === "io.containerd.snapshotter.v1",
  );
  return {
    // Podman sends a new id with each answer.
    ...(ID === undefined || engine === "Podman" ? {} : { id: ID }),
    ...(Name === undefined ? {} : { hostname: Name }),
    imageStore: snapshotter === true ? "containerd" : "graphdriver",
  };
}

/** @param image the name with which the container was created, which the list may not show */
export function containerFacts(listed: ListedContainer, image: string): ContainerFacts {
  return {
    id: listed.Id,
    name: foreignText(ownName(listed.Names ?? []) ?? listed.Id, MAX_NAME_LENGTH),
    image: printable(truncate(image, MAX_IMAGE_LENGTH)),
    imageId: listed.ImageID,
    ...(listed.ImageManifestDescriptor == null ? {} : { manifestDigest: listed.ImageManifestDescriptor.digest }),
    state: listed.State ?? "running",
    labels: listed.Labels ?? {},
  };
}

/** @param reportsOrigin whether the request asked for the origin of each manifest */
export function imageFacts(image: z.output<typeof ImageReply>, reportsOrigin = false): ImageFacts {
  return {
    id: image.Id,
    repoTags: image.RepoTags?.filter((tag) => !tag.includes("<none>")) ?? [],
    repoDigests: repoDigests(image),
    ...(image.Descriptor == null ? {} : { descriptorDigest: image.Descriptor.digest }),
    ...ownPlatform(image),
    ...held(image.Manifests ?? []),
    ...(reportsOrigin ? origin(image.Manifests ?? []) : {}),
  };
}

/**
 * Podman knows only the present names of an image. Images that were built locally, which no registry has, are shown
 * with the registry `localhost`.
 */
function repoDigests({ RepoDigests, History, Digest }: z.output<typeof ImageReply>): readonly string[] {
  const digests = RepoDigests?.filter((digest) => !digest.includes("<none>")) ?? [];
  if (History == null) return digests;
  const former = Digest == null ? [] : History.map((name) => `${name.replace(/[:@][^/]*$/, "")}@${Digest}`);
  return [...new Set([...digests, ...former])].filter((digest) => !digest.startsWith("localhost/"));
}

/** The other names, such as `/web/db`, are those that linked containers use. */
export function ownName(names: readonly string[]): string | undefined {
  return names.find((name) => name.lastIndexOf("/") === 0)?.slice(1);
}

type Manifest = z.output<typeof manifest>;

/** After a push, the daemon also knows that a registry has the image. Graph drivers do not report any of this. */
function origin(manifests: readonly Manifest[]): Pick<ImageFacts, "sources" | "built"> {
  const images = heldImages(manifests);
  if (images.length === 0) return {};
  return {
    sources: images.flatMap(({ Identity }) => (Identity?.Pull ?? []).map(({ Repository }) => Repository)),
    ...(images.some(({ Identity }) => (Identity?.Build ?? []).length > 0) && { built: true }),
  };
}

function held(manifests: readonly Manifest[]): Pick<ImageFacts, "manifests" | "platform"> {
  const listed = manifests.flatMap(({ ID, Available, ImageData }) => {
    if (ID === undefined || ImageData == null) return [];
    const { Platform } = ImageData;
    return [{ digest: ID, available: Available, ...(isReported(Platform) && { platform: toPlatform(Platform) }) }];
  });
  const images = heldImages(manifests);
  // If several platforms are present, a container may run any of them.
  const platform = images.length === 1 ? images[0]?.Platform : undefined;
  return {
    ...(listed.length > 0 && { manifests: listed }),
    ...(isReported(platform) && { platform: toPlatform(platform) }),
  };
}

/** Leaves out attestations, which do not contain image data. */
function heldImages(manifests: readonly Manifest[]) {
  return manifests.flatMap(({ Available, ImageData }) => (Available && ImageData != null ? [ImageData] : []));
}

function ownPlatform({ Os, Architecture, Variant, OsVersion }: z.output<typeof ImageReply>) {
  if (!Os || !Architecture) return {};
  return {
    platform: {
      os: Os,
      architecture: Architecture,
      ...(Variant ? { variant: Variant } : {}),
      ...(OsVersion ? { osVersion: OsVersion } : {}),
    },
  };
}

/** A single manifest whose configuration the daemon could not read has no platform. */
function isReported(value: z.output<typeof platform> | null | undefined): value is z.output<typeof platform> {
  return value != null && value.os !== "";
}

function toPlatform(reported: z.output<typeof platform>): NonNullable<ImageFacts["platform"]> {
  const { os, architecture, variant, "os.version": osVersion } = reported;
  return { os, architecture, ...(variant ? { variant } : {}), ...(osVersion ? { osVersion } : {}) };
}
