import { advised, type Failure } from "../api/failure.ts";
import type { Platform } from "../common/platform.ts";
import type { ContainerFacts, ImageFacts, ImageStore } from "../docker/facts.ts";
import { partsFor } from "../registry/platform-parts.ts";
import { familiarName, type ImageReference, parseReference, tagOf } from "../registry/reference.ts";
import { type Candidates, candidatesOf, isCreatedFromId, type LocalImages } from "./candidates.ts";
import type { Judgement, Verdict } from "./judgement.ts";
import { readLabels } from "./labels.ts";
import { type Origin, originOf } from "./origin.ts";
import { serviceOf, updateCommand } from "./swarm.ts";

/** What has to be asked to know more. */
export interface Question {
  readonly reference: ImageReference;
  readonly imageId: string;
  readonly store: ImageStore;
  readonly candidates: Candidates;
  readonly origin: Origin;
  /** The image's platform, not the host's; undefined if the daemon must be asked for it. */
  readonly platform: Platform | undefined;
  /** With a graph driver: the tag now points to this other image, which may be for another platform. */
  readonly retagged?: { readonly imageId: string; readonly judgement: Judgement };
  /** The result that does not need a registry. */
  readonly settled?: Judgement;
  /** The Swarm service whose task the container is. */
  readonly service?: string | undefined;
}

export type LocalJudgement = { readonly judgement: Judgement } | { readonly question: Question };

/** The result that needs no further requests, or what to ask. */
export function judgeLocally(container: ContainerFacts, images: LocalImages): LocalJudgement {
  if (container.failure !== undefined) return { judgement: failedWith(container.failure) };
  const image = images.byId(container.imageId);
  if (isCreatedFromId(container, image)) {
    return decided("Pinned", { message: "Created from an image id, which always names the same image" });
  }
  const parsed = parseReference(container.image);
  if (!parsed.ok) return { judgement: failedWith(parsed.failure) };
  const reference = parsed.value;
  const service = serviceOf(container.labels);
  const { digest, ...named } = reference;
  if (digest !== undefined) {
    // Swarm adds the digest to the tag that the service was given.
    if (service === undefined || named.tag === undefined) {
      return decided("Pinned", { running: digest, message: pinned(named, service) });
    }
    return judgeTask(container, { ...named, digest }, service, images);
  }
  if (image === undefined) {
    const denial = images.failureOf(container.imageId);
    if (denial !== undefined) return { judgement: failedWith(denial) };
    const problem = `The daemon does not list the image of ${container.image}`;
    return { judgement: failedWith(advised("ImageMissing", problem)) };
  }

  const candidates = candidatesOf(images, image, reference, container.manifestDigest);
  const { running } = candidates;
  const origin = originOf(image, reference, images);
  const settled = settledWithoutRegistry(container, origin, running);
  const platform = platformOf(image, candidates);
  const question: Question = {
    reference,
    imageId: image.id,
    store: images.store,
    candidates,
    origin,
    platform,
    ...(settled !== undefined && { settled }),
    service,
  };
  const tagged = images.byTag(reference);
  if (tagged !== undefined && tagged.id !== image.id) {
    const available = candidatesOf(images, tagged, reference).running;
    const message = `${nameOf(reference)} was pulled since; ${nextStep(reference, service, "create the container again to run it")}`;
    const judgement: Judgement = { verdict: "RestartPending", running, available, message };
    if (images.store === "graphdriver") {
      return { question: { ...question, retagged: { imageId: tagged.id, judgement } } };
    }
    if (isReplaced(candidates, platform, tagged)) return { judgement };
    const digests = new Set([...candidates.digests, ...candidatesOf(images, tagged, reference).digests]);
    return settled === undefined
      ? { question: { ...question, candidates: { ...candidates, digests } } }
      : { judgement: settled };
  }
  return settled === undefined ? { question } : { judgement: settled };
}

function settledWithoutRegistry(container: ContainerFacts, origin: Origin, running: string): Judgement | undefined {
  if (origin.kind === "Elsewhere") return { verdict: "LocalImage", running, message: origin.message };
  return notPulled(container, running, "Runs what its tag names on the host");
}

function notPulled({ labels }: ContainerFacts, running: string, lead: string): Judgement | undefined {
  const { noPull } = readLabels(labels);
  if (noPull?.value !== true) return undefined;
  const message = `${lead}; by its label ${noPull.text} no registry is asked`;
  return { verdict: "Excluded", rule: "NoPull", running, message };
}

/** A task runs the digest that its service's tag had. It does not matter to which image the tag points on the host. */
function judgeTask(
  container: ContainerFacts,
  { digest, ...reference }: ImageReference & { readonly digest: string },
  service: string,
  images: LocalImages,
): LocalJudgement {
  const kept = notPulled(container, digest, `Runs what its service ${service} was given`);
  if (kept !== undefined) return { judgement: kept };
  const { imageId, manifestDigest } = container;
  const image = images.byId(imageId) ?? { id: imageId, repoTags: [], repoDigests: [] };
  const known = candidatesOf(images, image, reference, manifestDigest);
  const candidates = { ...known, digests: new Set([digest, ...known.digests]), running: digest };
  return {
    question: {
      reference,
      imageId,
      store: images.store,
      candidates,
      // The digest came from the registry when the service was given its tag.
      origin: { kind: "Proven" },
      platform: platformOf(image, candidates),
      service,
    },
  };
}

function platformOf(image: ImageFacts, { manifest }: Candidates): Platform | undefined {
  return image.manifests?.find(({ digest }) => digest === manifest)?.platform ?? image.platform;
}

/** Nobody creates the tasks of a service manually, so a service needs another command. */
export function nextStep(reference: ImageReference, service: string | undefined, otherwise: string): string {
  return service === undefined
    ? otherwise
    : `to update the service ${service}, run on a manager: ${updateCommand(service, reference)}`;
}

function pinned(reference: ImageReference, service: string | undefined): string {
  return service === undefined
    ? "Pinned by digest; to have it checked, create the container from a tag"
    : `The service ${service} is pinned by digest; to have it checked, give it a tag in place of TAG on a manager: ${updateCommand(service, reference, "TAG")}`;
}

/**
 * Whether the image to which the tag points now has another part for the container's platform. With containerd, an
 * image's id also changes if only an attestation or another platform did.
 */
function isReplaced({ manifest }: Candidates, platform: Platform | undefined, tagged: ImageFacts): boolean {
  const { manifests } = tagged;
  if (manifest === undefined) return true;
  if (manifests === undefined) return tagged.id !== manifest;
  if (manifests.some(({ digest }) => digest === manifest)) return false;
  return platform === undefined || partsFor(manifests, platform).length > 0;
}

function decided(verdict: Verdict, details: Omit<Judgement, "verdict">): LocalJudgement {
  return { judgement: { verdict, ...details } };
}

export function failedWith(failure: Failure, running?: string): Judgement {
  return { verdict: "Failed", failure, ...(running !== undefined && { running }) };
}

/** The short name with its tag: `nginx:latest`. */
export function nameOf(reference: ImageReference): string {
  return `${familiarName(reference)}:${tagOf(reference)}`;
}
