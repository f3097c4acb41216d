import { z } from "zod";
import type { ImageStore } from "../updates/facts.ts";

/** What the product reads of the daemon's answers; everything else is dropped. */

/** It comes from outside: what goes into the status as it is must fit there. */
const text = (length: number) => z.string().transform((value) => value.slice(0, length));
const version = z.string().regex(/^1\.[0-9]{1,3}$/);

export const VersionReply = z.object({
  Version: text(256),
  ApiVersion: version,
  MinAPIVersion: version.optional(),
  Os: text(64),
  Arch: text(64),
});

export const InfoReply = z.object({
  ID: text(256).optional(),
  Name: text(256).optional(),
  DriverStatus: z.array(z.array(z.string())).nullish(),
});

const descriptor = z.object({ digest: z.string() }).nullish();

export const ContainerListReply = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Image: z.string(),
    ImageID: z.string(),
    ImageManifestDescriptor: descriptor,
    State: z.string().optional(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

export const ContainerReply = z.object({
  Config: z.object({ Image: z.string() }),
});

/** Where the image comes from, as far as the daemon remembers; told by API 1.54 for each manifest that it holds. */
const manifest = z.object({
  Available: z.boolean(),
  ImageData: z.object({ Identity: z.object({ Pull: z.array(z.unknown()).nullish() }).nullish() }).nullish(),
});

export const ImageReply = z.object({
  Id: z.string(),
  RepoTags: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
  Descriptor: descriptor,
  Manifests: z.array(manifest).nullish(),
});

export const ImageListReply = z.array(ImageReply);

/** The daemon itself. */
export interface EngineFacts {
  readonly version: string;
  /** Agreed, not the newest that it serves. */
  readonly apiVersion: string;
  readonly minAPIVersion?: string;
  readonly os: string;
  readonly arch: string;
}

/** What /info adds, which a socket proxy may forbid. */
export interface HostFacts {
  readonly id?: string;
  readonly name?: string;
  readonly imageStore: ImageStore;
}
