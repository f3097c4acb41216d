import { z } from "zod";

/** What the product reads of the daemon's answers; everything else is dropped. Names are bounded: they come from outside. */

const text = z.string().transform((value) => value.slice(0, 256));

export const VersionReply = z.object({
  Version: text,
  ApiVersion: z.string().regex(/^1\.[0-9]{1,3}$/),
  MinAPIVersion: z
    .string()
    .regex(/^1\.[0-9]{1,3}$/)
    .optional(),
  Os: text,
  Arch: text,
});

export const InfoReply = z.object({
  ID: text.optional(),
  Name: text.optional(),
  DriverStatus: z.array(z.array(z.string())).nullish(),
});

export const ContainerListReply = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Image: z.string(),
    ImageID: z.string(),
    State: z.string().optional(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

export const ContainerReply = z.object({
  Config: z.object({ Image: z.string() }),
});

export const ImageListReply = z.array(
  z.object({
    Id: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    RepoDigests: z.array(z.string()).nullish(),
    Descriptor: z.object({ digest: z.string() }).nullish(),
  }),
);

export const ImageReply = z.object({
  Id: z.string(),
  RepoTags: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
  Descriptor: z.object({ digest: z.string() }).nullish(),
});

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
  readonly imageStore: "graphdriver" | "containerd";
}

export interface ContainerFacts {
  readonly id: string;
  readonly name: string;
  /** As the container was created with it. */
  readonly image: string;
  readonly imageId: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ImageFacts {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly descriptorDigest?: string;
}
