import { advised, type Failure } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { ImageDetails } from "../docker/engine-details.ts";
import { familiarName, repositoryName, tagOf } from "../registry/reference.ts";
import type { Change } from "./arrival.ts";
import { moveTagBack } from "./moved-tag.ts";
import { hasDigest, type PreparedPlan } from "./plan.ts";
import { foreignPlatform } from "./recreate.ts";
import type { ReplacementPorts, ReplacementRequest } from "./request.ts";
import type { Transaction } from "./transaction.ts";

const MAX_TRIES = 3;

/** The image from which the new container is created. */
export interface WantedImage {
  readonly id: string;
  /** Whether this update moved the name from the old image to this one, so that it has to be moved back if it fails. */
  readonly isMoved: boolean;
  /** The name with a digest that the pull for this update has left. */
  readonly secondName?: string;
}

/**
 * Ensures that the daemon has exactly the wanted digest under the wanted name, even if the tag in the registry was
 * moved since. An image that is already there is not pulled, so this also works without the registry.
 */
export async function provideImage(
  transaction: Transaction,
  plan: PreparedPlan,
  request: ReplacementRequest,
  ports: ReplacementPorts,
): Promise<Change<WantedImage>> {
  const { reference, members } = plan;
  const [main] = members;
  const repository = repositoryName(reference);
  const name = familiarName(reference);
  const byDigest = `${name}@${request.digest}`;
  const tagged = `${name}:${tagOf(reference)}`;
  const find = () => transaction.connection.read(({ details }) => details.inspectImage(byDigest));
  const pointsToOld = main?.oldImage?.RepoTags?.includes(tagged) === true;
  // If the tag still points to the old image, the wanted one was not pulled, so no request is needed to find out.
  let pulled = false;
  let present = pointsToOld && !hasDigest(main?.oldImage, reference, request.digest) ? undefined : await find();
  for (let tries = 1; present === undefined || (present.ok && present.value === undefined); tries++) {
    const platform = main === undefined ? undefined : foreignPlatform(main.container, main.oldImage, ports.engine);
    const change = await transaction.change("Pulling", "Pull", ({ changes }) =>
      changes.pull({
        repository,
        digest: request.digest,
        ...(platform !== undefined && { platform }),
        ...(request.registryAuth !== undefined && { auth: request.registryAuth }),
        ...(ports.onPull !== undefined && { onEvent: ports.onPull }),
        ...(ports.cancel !== undefined && { signal: ports.cancel }),
      }),
    );
    if (change.kind === "stop") return change;
    if (ports.cancel?.aborted === true) return { kind: "refused", failure: cancelledPull() };
    pulled = change.kind === "done";
    // If the pull was lost or refused, the image may still be there, for example if there is no registry.
    present = pulled && isNamedByDigest(main?.oldImage) ? success(pulledImage(byDigest, request.digest)) : await find();
    if (present.ok && present.value === undefined && (change.kind === "refused" || tries >= MAX_TRIES)) {
      return { kind: "refused", failure: change.kind === "done" ? missing(byDigest) : change.failure };
    }
  }
  if (!present.ok) return { kind: "stop", failure: present.failure };
  const image = present.value;
  if (image === undefined) return { kind: "refused", failure: missing(byDigest) };
  if (reference.digest !== undefined && reference.tag === undefined)
    return { kind: "done", value: { id: image.Id, isMoved: false } };
  const secondName = pulled ? digestNameOf(image, name) : undefined;
  const wanted = {
    id: image.Id,
    isMoved: pointsToOld,
    ...(secondName !== undefined && { secondName }),
  };
  if (image.RepoTags?.includes(tagged) === true) return { kind: "done", value: { ...wanted, isMoved: false } };
  for (let tries = 1; ; tries++) {
    const change = await transaction.change("Pulling", "Tag", ({ changes }) =>
      changes.tag(byDigest, name, tagOf(reference)),
    );
    if (change.kind === "done") return { kind: "done", value: wanted };
    if (change.kind !== "unknown" || tries >= MAX_TRIES) {
      // A daemon that cannot store the new tag, because its disk is full, may have moved it nevertheless.
      const tag = wanted.isMoved ? { name, tag: tagOf(reference) } : undefined;
      if (change.kind !== "stop") await moveTagBack(transaction, tag, { from: image.Id, to: plan.before.imageId });
      return change;
    }
    const back = await find();
    if (!back.ok) return { kind: "stop", failure: back.failure };
  }
}

/** The name with a digest by which containerd's image store keeps an image that was pulled by it. */
export function digestNameOf({ RepoTags }: ImageDetails, repository: string): string | undefined {
  return RepoTags?.find((tag) => tag.startsWith(`${repository}@`));
}

/**
 * Whether the daemon names its images by the digests that they have in a registry, as containerd's image store does.
 * Then nobody has to ask for the id of a new one. (If the image does not arrive, it cannot be tagged.)
 */
function isNamedByDigest(image: ImageDetails | undefined): boolean {
  return image?.RepoDigests?.some((each) => each.endsWith(`@${image.Id}`)) === true;
}

function pulledImage(byDigest: string, digest: string): ImageDetails {
  return { Id: digest, RepoTags: [byDigest] };
}

function missing(image: string): Failure {
  return advised("ImageNotPulled", `The daemon does not have ${image} after it was pulled`);
}

function cancelledPull(): Failure {
  return advised("UpdateCancelled", "The update was cancelled while the image was pulled");
}
