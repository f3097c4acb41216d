import { type ImageStore, imageId, listedRepoDigests, repoDigests, type SimImage } from "../contents.ts";
import { apiBefore } from "../engine.ts";

interface ShapeContext {
  readonly store: ImageStore;
  readonly apiVersion: string;
  /** What else was requested of a list. */
  readonly asked?: { readonly manifests: boolean; readonly identity: boolean };
}

const CREATED_AT = "2025-11-01T09:00:00.123456789Z";

/** One item of `GET /images/json`. */
export function imageSummary(image: SimImage, context: ShapeContext): object {
  const digests = listedRepoDigests(image, context.store);
  // Before API 1.43 an image without any name was listed with a placeholder instead of empty lists.
  const placeholder = apiBefore(context.apiVersion, "1.43") && image.tags.length === 0 && digests.length === 0;
  return {
    Id: imageId(image, context.store),
    ParentId: "",
    RepoTags: placeholder ? ["<none>:<none>"] : image.tags,
    RepoDigests: placeholder ? ["<none>@<none>"] : digests,
    Created: Math.floor(Date.parse(CREATED_AT) / 1_000),
    ...sizes(context),
    SharedSize: -1,
    Labels: image.labels ?? null,
    Containers: -1,
    ...descriptor(image, context),
    ...manifests(image, context),
  };
}

/** `GET /images/{name}/json`. */
export function imageInspect(image: SimImage, context: ShapeContext): object {
  const { platform } = image.manifest;
  return {
    Id: imageId(image, context.store),
    RepoTags: image.tags,
    RepoDigests: repoDigests(image, context.store),
    Comment: "",
    Created: CREATED_AT,
    Architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { Variant: platform.variant }),
    Os: platform.os,
    ...(platform["os.version"] === undefined ? {} : { OsVersion: platform["os.version"] }),
    ...sizes(context),
    RootFS: { Type: "layers", Layers: [image.configDigest] },
    Metadata: { LastTagTime: CREATED_AT },
    ...descriptor(image, context),
  };
}

const SIZE = 7_654_321;

function sizes({ apiVersion }: ShapeContext): object {
  return apiBefore(apiVersion, "1.44") ? { Size: SIZE, VirtualSize: SIZE } : { Size: SIZE };
}

function descriptor(image: SimImage, { store, apiVersion }: ShapeContext): object {
  return store === "containerd" && !apiBefore(apiVersion, "1.48") ? { Descriptor: image.target } : {};
}

/**
 * Which manifests containerd's store holds, and their origin: nothing is reported about images that were built on the
 * host.
 */
function manifests(image: SimImage, { store, apiVersion, asked }: ShapeContext): object {
  if (store !== "containerd" || asked?.manifests !== true || apiBefore(apiVersion, "1.48")) return {};
  const { platform, ...target } = image.manifest;
  const pulls = image.pulledFrom.map((repository) => ({ Repository: withoutPort(repository) }));
  const told = asked.identity && !apiBefore(apiVersion, "1.54") && pulls.length > 0;
  const imageData = {
    Platform: platform,
    Containers: [],
    Size: { Unpacked: SIZE },
    ...(told ? { Identity: { Pull: pulls } } : {}),
  };
  return {
    Manifests: [{ ID: target.digest, Descriptor: target, Available: true, Kind: "image", ImageData: imageData }],
  };
}

function withoutPort(repository: string): string {
  return repository.replace(/^([^/]+?):[0-9]+\//, "$1/");
}
