import type { Failure, Outcome } from "../../api/failure.ts";
import type { Platform } from "../../common/platform.ts";
import { success } from "../../common/result.ts";
import { isDenial } from "../../docker/denial.ts";
import { EngineSession } from "../../docker/engine-session.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";
import type { ContainerFacts, ImageFacts, ImageStore } from "../../docker/facts.ts";

/** The images that the containers run, and by image id why some of them are not stored. */
export interface CollectedImages {
  readonly images: readonly ImageFacts[];
  readonly imageFailures: ReadonlyMap<string, Failure>;
}

/**
 * Sends one request, and another for each image that the list does not show. A denial affects only the images it hides.
 */
export async function collectImages(
  session: Pick<EngineSession, "listImages" | "inspectImage">,
  apiVersion: string,
  containers: readonly ContainerFacts[],
  store: ImageStore | undefined,
): Promise<Outcome<CollectedImages>> {
  const wanted = new Set(containers.map(({ imageId }) => imageId));
  const listed = await session.listImages(apiVersion);
  if (!listed.ok) {
    return isDenial(listed.failure) ? success(withoutImages(listed.failure, wanted, containers, store)) : listed;
  }
  const images = [...listed.value];
  const imageFailures = new Map<string, Failure>();
  const stored = new Set(images.map(({ id }) => id));
  for (const id of wanted) {
    if (stored.has(id)) continue;
    const image = await session.inspectImage(apiVersion, id);
    if (image.ok) {
      if (image.value !== undefined) images.push(image.value);
    } else if (isDenial(image.failure)) imageFailures.set(id, image.failure);
    else return image;
  }
  return success({ images, imageFailures });
}

/**
 * In containerd's store, an image's id is the digest with which it was pulled, which is enough to compare. With a graph
 * driver, nothing is stored about an image that must not be inspected.
 */
function withoutImages(
  failure: Failure,
  wanted: ReadonlySet<string>,
  containers: readonly ContainerFacts[],
  store: ImageStore | undefined,
): CollectedImages {
  const isContainerd = store === "containerd" || containers.some(({ manifestDigest }) => manifestDigest !== undefined);
  if (!isContainerd) return { images: [], imageFailures: new Map([...wanted].map((id) => [id, failure])) };
  const images = [...wanted].map((id) => ({ id, repoTags: [], repoDigests: [], descriptorDigest: id }));
  return { images, imageFailures: new Map() };
}

/**
 * Asks the daemon for the platform of single images, which a graph driver does not list. The first request opens its
 * connection, because most checks do not need one.
 */
export class ImageInspector implements Disposable {
  readonly #target: EngineTarget;
  readonly #apiVersion: string;
  readonly #signal: AbortSignal;
  #session: EngineSession | undefined;

  constructor(target: EngineTarget, apiVersion: string, signal: AbortSignal) {
    this.#target = target;
    this.#apiVersion = apiVersion;
    this.#signal = signal;
  }

  [Symbol.dispose](): void {
    this.#session?.[Symbol.dispose]();
  }

  /** Undefined if the image is gone, or a proxy forbids the request. */
  async platformOf(imageId: string): Promise<Outcome<Platform | undefined>> {
    this.#session ??= new EngineSession(this.#target, this.#signal);
    const image = await this.#session.inspectImage(this.#apiVersion, imageId);
    this.#signal.throwIfAborted();
    if (image.ok) return success(image.value?.platform);
    return isDenial(image.failure) ? success(undefined) : image;
  }
}
