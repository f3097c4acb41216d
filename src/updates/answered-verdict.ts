import { advised, type Failure, type Outcome } from "../api/failure.ts";
import type { Platform } from "../common/platform.ts";
import type { ManifestContent } from "../registry/image-manifest.ts";
import { partsFor } from "../registry/platform-parts.ts";
import type { Judgement, TagAnswer } from "./judgement.ts";
import { failedWith, nameOf, nextStep, type Question } from "./local-verdict.ts";
import { LOCAL_MESSAGE, unprovenMessage } from "./origin.ts";

/** What may be asked to judge one container. Only what is needed is asked. */
export interface Inquiry {
  /** What the registry has for the tag. */
  resolve(): Promise<Outcome<TagAnswer>>;
  openManifest(digest: string): Promise<Outcome<ManifestContent>>;
  /** Whether the repository has this digest. */
  holds(digest: string): Promise<Outcome<boolean>>;
  /** Asks the daemon for the image's own platform; undefined if it must not report it. */
  platformOf(imageId: string): Promise<Outcome<Platform | undefined>>;
  /** Whether the registry is accessed without credentials. */
  readonly anonymous: boolean;
  /** Used as the platform of an image that must not be inspected. */
  readonly hostPlatform: Platform;
}

/** The tag's image compared with the running one; `absent`: the registry has no image for the platform any more. */
type Comparison = "same" | "different" | "absent";

export async function judgeByAsking(question: Question, inquiry: Inquiry): Promise<Judgement> {
  const { candidates, retagged, settled } = question;
  if (retagged !== undefined && (await isReplacedBy(retagged.imageId, question, inquiry))) return retagged.judgement;
  if (settled !== undefined) return settled;
  const { running, digests } = candidates;
  const answer = await inquiry.resolve();
  if (!answer.ok) return judgeUnanswered(question, answer.failure, inquiry.anonymous);
  const { digest, answeredBy } = answer.value;
  if (digests.has(digest)) return { verdict: "UpToDate", running, available: digest, answeredBy };
  const compared = await compare(question, answer.value, inquiry);
  if (typeof compared === "object") return failedWith(compared, running);
  if (compared === "same") return { verdict: "UpToDate", running, available: digest, answeredBy };

  const proven = await isProven(question, inquiry);
  if (!proven.ok) return failedWith(proven.failure, running);
  if (!proven.value) return { verdict: "LocalImage", running, message: unprovenMessage(question.reference) };
  if (compared === "absent") return failedWith(noPart(question, await platformOf(question, inquiry)), running);
  const step = nextStep(question.reference, question.service, "pull it and create the container again");
  const found = `The registry has another image for ${nameOf(question.reference)}; ${step}`;
  // The command comes last so that it can be copied to the end of the text.
  const message = answeredBy === "Host" ? `${BY_DIGEST_ONLY}. ${found}` : found;
  return { verdict: "Outdated", running, available: digest, answeredBy, message };
}

const BY_DIGEST_ONLY =
  "The daemon was asked, which reports only the digest of the tag: an index in which only other platforms changed also counts";

/** If another tool or `--platform` brought an image for another platform, it does not replace the container's image. */
async function isReplacedBy(taggedId: string, question: Question, inquiry: Inquiry): Promise<boolean> {
  const [own, tagged] = [await ownPlatform(question, inquiry), await inquiry.platformOf(taggedId)];
  if (!own.ok || !tagged.ok || own.value === undefined || tagged.value === undefined) return true;
  return own.value.os === tagged.value.os && own.value.architecture === tagged.value.architecture;
}

function judgeUnanswered({ candidates, origin, reference }: Question, failure: Failure, anonymous: boolean): Judgement {
  const { running } = candidates;
  const maybeLocal = reference.domain === "docker.io" && anonymous && isUnknown(failure);
  return origin.kind === "Untold" || (origin.kind === "Unknown" && maybeLocal)
    ? { verdict: "LocalImage", running, message: LOCAL_MESSAGE }
    : failedWith(failure, running);
}

/**
 * With these answers, a registry says that an anonymous client cannot see the image; Docker Hub does not distinguish
 * private images from missing ones.
 */
function isUnknown({ reason }: Failure): boolean {
  return reason === "ImageNotFound" || reason === "RegistryCredentialsRequired";
}

/**
 * Finds out whether the image for the platform is the same although the tag's digest differs from the one that runs.
 */
async function compare(question: Question, answer: TagAnswer, inquiry: Inquiry): Promise<Comparison | Failure> {
  // A daemon reports the digest of a tag, and not the content of an index.
  if (answer.answeredBy === "Host") return "different";
  const { digests, manifest } = question.candidates;
  if (!answer.isIndex) return await compareParts([answer], question, inquiry);
  const index = await inquiry.openManifest(answer.digest);
  if (!index.ok) return index.failure;
  const { children } = index.value;
  if (manifest !== undefined && digests.has(manifest) && children.some(({ digest }) => digest === manifest)) {
    return "same";
  }
  const platform = await platformOf(question, inquiry);
  if (!platform.ok) return platform.failure;
  const parts = partsFor(children, platform.value);
  return parts.length === 0 ? "absent" : await compareParts(parts, question, inquiry);
}

type Part = { readonly digest: string };

/** @param parts what a pull may choose: one, unless variants cannot be distinguished */
async function compareParts(
  parts: readonly Part[],
  question: Question,
  inquiry: Inquiry,
): Promise<Comparison | Failure> {
  const { candidates, store, imageId } = question;
  if (parts.some(({ digest }) => candidates.digests.has(digest))) return "same";
  if (store === "graphdriver") return await compareConfigs(parts, imageId, inquiry);
  return candidates.manifest === undefined ? await compareFormer(parts, question, inquiry) : "different";
}

/** A graph driver's image id is the digest of its configuration, which several manifests may share. */
async function compareConfigs(
  parts: readonly Part[],
  imageId: string,
  inquiry: Inquiry,
): Promise<Comparison | Failure> {
  const opened = await Promise.all(parts.map(({ digest }) => inquiry.openManifest(digest)));
  if (opened.some((content) => content.ok && content.value.config === imageId)) return "same";
  return opened.find((content) => !content.ok)?.failure ?? "different";
}

/**
 * Before API 1.48, containerd's store reports only the index of an image, of which the part for the platform runs. If
 * the registry has removed that index, another index for the tag counts as another image, as it does for `docker pull`.
 */
async function compareFormer(
  parts: readonly Part[],
  question: Question,
  inquiry: Inquiry,
): Promise<Comparison | Failure> {
  const index = await inquiry.openManifest(question.imageId);
  if (!index.ok) return index.failure.reason === "ImageNotFound" ? "different" : index.failure;
  if (index.value.children.length === 0) return "different";
  const platform = await platformOf(question, inquiry);
  if (!platform.ok) return platform.failure;
  const former = partsFor(index.value.children, platform.value);
  const current = new Set(parts.map(({ digest }) => digest));
  return former.length > 0 && former.every(({ digest }) => current.has(digest)) ? "same" : "different";
}

async function isProven({ origin, imageId, candidates }: Question, inquiry: Inquiry): Promise<Outcome<boolean>> {
  if (origin.kind === "Proven") return { ok: true, value: true };
  const held = await inquiry.holds(imageId);
  const { manifest } = candidates;
  return held.ok && !held.value && manifest !== undefined && manifest !== imageId
    ? await inquiry.holds(manifest)
    : held;
}

async function ownPlatform(question: Question, inquiry: Inquiry): Promise<Outcome<Platform | undefined>> {
  return question.platform === undefined
    ? await inquiry.platformOf(question.imageId)
    : { ok: true, value: question.platform };
}

async function platformOf(question: Question, inquiry: Inquiry): Promise<Outcome<Platform>> {
  const own = await ownPlatform(question, inquiry);
  return own.ok ? { ok: true, value: own.value ?? inquiry.hostPlatform } : own;
}

function noPart(question: Question, platform: Outcome<Platform>): Failure {
  const { os, architecture, variant, osVersion } = platform.ok
    ? platform.value
    : { os: "its", architecture: "platform" };
  const name = [os, architecture, variant].filter((part) => part !== undefined).join("/");
  const version = osVersion === undefined ? "" : ` ${osVersion}`;
  return advised("ImageNotFound", `The registry has no image of ${nameOf(question.reference)} for ${name}${version}`);
}
