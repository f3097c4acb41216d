import type { Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { ContainerDetails, EngineDetails, ImageDetails } from "../docker/engine-details.ts";
import { familiarName, parseReference, tagOf } from "../registry/reference.ts";

/**
 * The name of a dependant's image, if it does not stand for that image on the host any more: somebody has pulled a newer
 * one. A container can be created only from what its name stands for.
 */
export interface LostName {
  readonly name: string;
  readonly tag: string;
  /** The image that it stands for now; undefined if there is none. */
  readonly now: string | undefined;
}

/** Asks only if the image that the container runs does not have the name from which the container was created. */
export async function findLostName(
  details: Pick<EngineDetails, "inspectImage">,
  { Config, Image }: Pick<ContainerDetails, "Config" | "Image">,
  oldImage: ImageDetails | undefined,
): Promise<Outcome<LostName | undefined>> {
  const reference = parseReference(Config.Image);
  if (oldImage === undefined || !reference.ok || reference.value.digest !== undefined) return success(undefined);
  const name = familiarName(reference.value);
  const tag = tagOf(reference.value);
  if (oldImage.RepoTags?.includes(`${name}:${tag}`) === true) return success(undefined);
  const named = await details.inspectImage(Config.Image);
  if (!named.ok) return named;
  // It may have been created from an id.
  return success(named.value?.Id === Image ? undefined : { name, tag, now: named.value?.Id });
}
