import { advised, type Failure, type Outcome } from "../api/failure.ts";
import type { VERDICTS } from "../api/status.ts";
import { success } from "../common/result.ts";
import type { IndexChild, Platform } from "../registry/manifest.ts";
import { familiarName, type ImageReference, parseReference, repositoryName, tagOf } from "../registry/reference.ts";
import type { RegistryAnswer } from "../registry/resolver.ts";
import { type Candidates, candidatesOf, isCreatedFromId, type LocalImages } from "./candidates.ts";
import type { ContainerFacts, HostFacts, ImageFacts } from "./facts.ts";
import { readLabels } from "./labels.ts";
import type { NewerTag, UnreadTag } from "./newer-tag.ts";
import type { SeenDigest } from "./seen.ts";
import type { ExclusionRule } from "./selection.ts";
import { serviceOf, updateCommand } from "./swarm.ts";

export type Verdict = (typeof VERDICTS)[number];

/** Who asked the registry: this program, or the daemon on its behalf. */
export type Answerer = "Operator" | "Host";

export interface TagAnswer extends RegistryAnswer {
  readonly answeredBy: Answerer;
}

/** What is said of one container. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Digests. */
  readonly running?: string;
  readonly available?: string;
  /** Who told what is available. */
  readonly answeredBy?: Answerer;
  /** Only with `Excluded`. */
  readonly rule?: ExclusionRule;
  /** Why the verdict is what it is, and what can be done. */
  readonly message?: string;
  /** Only with `Failed`. */
  readonly failure?: Failure;
  /** Whatever the verdict. */
  readonly newerTag?: NewerTag;
  /** Why the tags could not be listed. */
  readonly tagFailure?: Failure;
  /** The tag that the rule for newer tags does not read, and the same for people. */
  readonly unreadTag?: UnreadTag;
  /** With an update: since when it is known. */
  readonly seen?: SeenDigest;
  /** Only with `Failed`, of an update that was seen before: RFC 3339. */
  readonly firstSeen?: string;
  /** Only with `TooYoung`: when it becomes an update, in wall-clock milliseconds. */
  readonly countsFrom?: number;
}

/** What only the registry can tell. */
export interface Question {
  readonly reference: ImageReference;
  readonly candidates: Candidates;
  readonly platform: Platform;
  /** Whether the image may have been made on the host: then a registry that does not know it is no failure. */
  readonly maybeLocal: boolean;
  /** The Swarm service whose task the container is. */
  readonly service?: string | undefined;
}

export type LocalJudgement = { readonly judgement: Judgement } | { readonly question: Question };

/** What can be said of a container without any registry, or what to ask one. */
export function judgeLocally(container: ContainerFacts, images: LocalImages, host: HostFacts): LocalJudgement {
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
    // Swarm writes the digest beside the tag that the service was given.
    if (service === undefined || named.tag === undefined) {
      return decided("Pinned", { running: digest, message: pinned(named, service) });
    }
    return judgeTask(container, { ...named, digest }, service, images, host);
  }
  if (image === undefined) {
    const denial = images.failureOf(container.imageId);
    if (denial !== undefined) return { judgement: failedWith(denial) };
    const problem = `The daemon does not list the image of ${container.image}`;
    return { judgement: failedWith(advised("ImageMissing", problem)) };
  }

  const candidates = candidatesOf(images, image, reference, container.manifestDigest);
  const { running } = candidates;
  const tagged = images.byTag(reference);
  if (tagged !== undefined && tagged.id !== image.id) {
    const available = candidatesOf(images, tagged, reference).running;
    const message = `${nameOf(reference)} was pulled since; ${nextStep(reference, service, "create the container again to run it")}`;
    return decided("RestartPending", { running, available, message });
  }
  if (isLocal(image, reference, images)) return decided("LocalImage", { running, message: LOCAL_MESSAGE });
  const kept = notPulled(container, running, "Runs what its tag names on the host");
  if (kept !== undefined) return kept;
  const platform = image.platform ?? { os: host.os, architecture: host.arch };
  return { question: { reference, candidates, platform, maybeLocal: maybeLocal(image, reference, images), service } };
}

function notPulled({ labels }: ContainerFacts, running: string, lead: string): LocalJudgement | undefined {
  const { noPull } = readLabels(labels);
  if (noPull?.value !== true) return undefined;
  const message = `${lead}; by its label ${noPull.text} no registry is asked`;
  return decided("Excluded", { rule: "NoPull", running, message });
}

/** A task runs the digest that its service's tag had. What the tag names on the host does not matter to it. */
function judgeTask(
  container: ContainerFacts,
  { digest, ...reference }: ImageReference & { readonly digest: string },
  service: string,
  images: LocalImages,
  host: HostFacts,
): LocalJudgement {
  const kept = notPulled(container, digest, `Runs what its service ${service} was given`);
  if (kept !== undefined) return kept;
  const image = images.byId(container.imageId);
  const known = image && candidatesOf(images, image, reference, container.manifestDigest);
  const candidates: Candidates = {
    digests: new Set([digest, ...(known?.digests ?? [])]),
    indexes: known === undefined || known.indexes.length > 0 ? [digest] : [],
    running: digest,
  };
  const platform = image?.platform ?? { os: host.os, architecture: host.arch };
  return { question: { reference, candidates, platform, maybeLocal: false, service } };
}

/** For a service, its tasks are never created by hand. */
function nextStep(reference: ImageReference, service: string | undefined, otherwise: string): string {
  return service === undefined
    ? otherwise
    : `to update the service ${service}, run on a manager: ${updateCommand(service, reference)}`;
}

function pinned(reference: ImageReference, service: string | undefined): string {
  return service === undefined
    ? "Pinned by digest; to have it checked, create the container from a tag"
    : `The service ${service} is pinned by digest; to have it checked, give it a tag in place of TAG on a manager: ${updateCommand(service, reference, "TAG")}`;
}

/** What indexes hold, by their digests. */
export type OpenedIndexes = ReadonlyMap<string, Outcome<readonly IndexChild[]>>;

/**
 * The indexes that must be opened next, beside those that are, before the answer can be judged; none when it can be.
 * First the new one; where it does not hold what runs, the one that this came from: the platform's part may be the same.
 */
export function indexesToOpen(
  question: Question,
  answer: Outcome<TagAnswer>,
  opened: OpenedIndexes,
): readonly string[] {
  const { digests, indexes } = question.candidates;
  // A daemon tells the digest of a tag, and not what is in an index.
  if (!answer.ok || answer.value.answeredBy === "Host" || digests.has(answer.value.digest)) return [];
  const { digest, isIndex } = answer.value;
  if (isIndex && !opened.has(digest)) return [digest];
  const current = opened.get(digest);
  if (current?.ok === false || (current?.ok && current.value.some((child) => digests.has(child.digest)))) return [];
  return indexes.filter((index) => !opened.has(index));
}

/** `opened`: all of `indexesToOpen`. `anonymous`: whether the registry was asked without credentials. */
export function judgeAnswer(
  question: Question,
  answer: Outcome<TagAnswer>,
  opened: OpenedIndexes,
  anonymous: boolean,
): Judgement {
  const { running, digests } = question.candidates;
  if (!answer.ok) {
    return question.maybeLocal && anonymous && isUnknown(answer.failure)
      ? { verdict: "LocalImage", running, message: LOCAL_MESSAGE }
      : failedWith(answer.failure, running);
  }
  const { digest, isIndex, answeredBy } = answer.value;
  const own = (children: readonly IndexChild[]) => children.filter((child) => isFor(child, question.platform));
  const current = isIndex ? opened.get(digest) : success([{ digest, platform: question.platform }]);
  const former = [...opened].flatMap(([key, index]) => (key === digest ? [] : [index]));
  const offered = current?.ok ? current.value : [];
  const formerParts = new Set(
    former.flatMap((index) => (index.ok ? own(index.value) : [])).map((child) => child.digest),
  );
  // The tag's index may hold what runs, or the same part for the platform as the index that this came from.
  const isSame =
    digests.has(digest) ||
    offered.some((child) => digests.has(child.digest)) ||
    own(offered).some((child) => formerParts.has(child.digest));
  if (isSame) {
    return { verdict: "UpToDate", running, available: digest, answeredBy };
  }
  // An old index that is gone from the registry tells nothing; any other failure may hide that nothing has changed.
  const hidden = [current, ...former.filter((index) => !index.ok && index.failure.reason !== "ImageNotFound")].find(
    (index) => index?.ok === false,
  );
  if (hidden?.ok === false) return failedWith(hidden.failure, running);
  const step = nextStep(question.reference, question.service, "pull it and create the container again");
  const found = `The registry has another image for ${nameOf(question.reference)}; ${step}`;
  // What ends with a command can be copied up to its end.
  const message = answeredBy === "Host" ? `${BY_DIGEST_ALONE}. ${found}` : found;
  return { verdict: "Outdated", running, available: digest, answeredBy, message };
}

const BY_DIGEST_ALONE =
  "The daemon was asked, which only tells the digest of the tag: an index in which only other platforms changed counts as well";

const LOCAL_MESSAGE =
  "Made on this host, or no longer known here by the name that it was pulled by: there is nothing to compare";

/**
 * Graph drivers know a digest for all that was pulled or pushed; later daemons with containerd tell where it was.
 */
function isLocal(image: ImageFacts, reference: ImageReference, images: LocalImages): boolean {
  return images.store === "containerd" ? image.sources?.length === 0 : images.digestsOf(image, reference).length === 0;
}

/**
 * With containerd, an image that was never pushed carries its own id as digest; a registry in its name means that it
 * was meant to be. It may well have been pushed elsewhere, under another name.
 */
function maybeLocal(image: ImageFacts, reference: ImageReference, images: LocalImages): boolean {
  if (images.store !== "containerd" || image.sources?.includes(sourceName(reference)) === true) return false;
  const digests = images.digestsOf(image, reference);
  return reference.domain === "docker.io" && digests.every((digest) => digest === image.id);
}

/** As the daemon remembers it: without the registry's port. */
function sourceName(reference: ImageReference): string {
  return repositoryName({ ...reference, domain: reference.domain.replace(/:[0-9]+$/, "") });
}

/** How a registry says to a stranger that there is no such image; Docker Hub does not tell private from absent. */
function isUnknown({ reason }: Failure): boolean {
  return reason === "ImageNotFound" || reason === "RegistryCredentialsRequired";
}

function isFor({ platform }: IndexChild, wanted: Platform): boolean {
  return (
    platform?.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    (platform.variant === undefined || wanted.variant === undefined || platform.variant === wanted.variant)
  );
}

function decided(verdict: Verdict, details: Omit<Judgement, "verdict">): LocalJudgement {
  return { judgement: { verdict, ...details } };
}

function failedWith(failure: Failure, running?: string): Judgement {
  return { verdict: "Failed", failure, message: failure.message, ...(running !== undefined && { running }) };
}

/** The short name with its tag: `nginx:latest`. */
export function nameOf(reference: ImageReference): string {
  return `${familiarName(reference)}:${tagOf(reference)}`;
}
