import { advised, type Failure, type Outcome, problemOf } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { WorkSlices } from "../common/work-slices.ts";
import { ConcurrencyBudget } from "../registry/concurrency-budget.ts";
import {
  familiarName,
  type ImageReference,
  parseReference,
  repositoryName,
  taggedName,
  tagOf,
} from "../registry/reference.ts";
import type { TagList } from "../registry/tag-list.ts";
import type { JudgedContainer } from "./check-report.ts";
import { inTime } from "./in-time.ts";
import type { Judgement, Verdict } from "./judgement.ts";
import { type NewerTag, newerTag, newestOf } from "./newer-tag.ts";
import { serviceOf, updateCommand } from "./swarm.ts";
import type { TagSchemeOf } from "./tag-rules.ts";
import { namesNoVersion, type ReadTag, readTag, readTags, type TagScheme, whyUnread } from "./tag-scheme.ts";

export interface NewerTagSearch {
  /** The slices of time in which tags are read and compared. */
  readonly slices: WorkSlices;
  readonly schemeOf: TagSchemeOf;
  /** Rejects only with the reason of the signal. */
  listTags(reference: ImageReference, signal: AbortSignal): Promise<Outcome<TagList>>;
  /** The result of the last check, which stays if the tags cannot be listed now. */
  readonly before: readonly FoundBefore[];
}

interface FoundBefore {
  readonly container: string;
  readonly image: string;
  readonly newerTag?: NewerTag | undefined;
}

/** Lists of tags are long, so a host requests only this many at the same time. */
const LISTS_AT_ONCE = 4;

/** Containers with these verdicts run a tag of a registry that answered or may answer. */
const SEARCHED: ReadonlySet<Verdict> = new Set(["UpToDate", "Outdated", "TooYoung", "RestartPending"]);

/** The cost of comparing two tags, in units of WorkSlices. */
const COMPARING_UNITS = 25;

const NOT_MATCHED = "Not every image had been matched with the rules for newer tags";

/** A repository with the parsed forms of its tags. */
interface ListedTags extends TagList {
  readonly read: readonly ReadTag[];
}

/** What a list of tags shows about one tag. */
interface Finding {
  readonly newer?: NewerTag | undefined;
  /** Why there may be an even newer one. */
  readonly failure?: Failure | undefined;
}

/** Adds newer tags without changing any verdict. A repository is asked once, no matter how many containers use it. */
export async function withNewerTags(
  judged: readonly JudgedContainer[],
  search: NewerTagSearch,
  signal: AbortSignal,
): Promise<readonly JudgedContainer[]> {
  const turns = new ConcurrencyBudget(LISTS_AT_ONCE);
  const lists = new Map<string, Promise<Outcome<ListedTags>>>();
  const findings = new Map<string, Promise<Finding>>();
  const { slices } = search;
  const list = (reference: ImageReference, scheme: TagScheme) => {
    const key = repositoryName(reference);
    const work = async () => {
      const tags = await turns.run("", signal, () => search.listTags(reference, signal));
      return tags.ok ? success({ ...tags.value, read: await readTags(tags.value.tags, scheme, slices) }) : tags;
    };
    const listed = lists.get(key) ?? inTime(signal, work);
    lists.set(key, listed);
    return listed;
  };
  const find = async (reference: ImageReference, scheme: TagScheme): Promise<Finding> => {
    const tags = await list(reference, scheme);
    if (!tags.ok) return { failure: tags.failure };
    const compared = await inTime(signal, async () => {
      await slices.spend(tags.value.read.length * COMPARING_UNITS);
      return success(newestOf(readTag(tagOf(reference), scheme), tags.value.read));
    });
    if (!compared.ok) return { failure: compared.failure };
    const newer = compared.value;
    // A part of the list may lack the newest tag, but a newer tag in it is newer nevertheless.
    const cut = tags.value.truncated && newer === undefined ? tooManyTags(reference, tags.value) : undefined;
    return { newer, failure: tags.value.failure ?? cut };
  };

  return await Promise.all(
    judged.map(async (one): Promise<JudgedContainer> => {
      const { container, judgement } = one;
      const known = search.before.find((item) => isSame(item, one))?.newerTag;
      const named = await inTime(signal, async () => success(await search.schemeOf(container.image)), NOT_MATCHED);
      if (!named.ok) return withFailure(one, known, named.failure);
      const scheme = named.value;
      if (scheme === undefined) return one;
      const parsed = parseReference(container.image);
      if (!parsed.ok) return one;
      if (!isSearched(judgement, parsed.value)) return judgement.verdict === "Failed" ? withTag(one, known) : one;
      const tag = tagOf(parsed.value);
      if (readTag(tag, scheme) === undefined) {
        const message = `${scheme.field} does not read the tag ${tag} (${whyUnread(tag, scheme)}), so no newer tags are looked for`;
        const unreadTag = { tag, message, namesNoVersion: namesNoVersion(tag, scheme) };
        return { container, judgement: { ...judgement, unreadTag } };
      }
      const key = taggedName(parsed.value);
      const searched = findings.get(key) ?? find(parsed.value, scheme);
      findings.set(key, searched);
      const { newer, failure } = await searched;
      if (failure === undefined)
        return withTag(judgement.verdict === "Failed" ? helpedBy(one, newer, parsed.value) : one, newer);
      // A tag that was found before may be missing from a part of the list.
      const best = newerTag(tag, [newer?.tag ?? tag, known?.tag ?? tag], scheme) ?? known;
      return withFailure(one, best, failure);
    }),
  );
}

/**
 * If the tag is gone from the registry, a newer one is the solution. A pinned image may have a tag in addition to its
 * digest.
 */
function isSearched({ verdict, failure }: Judgement, { tag }: ImageReference): boolean {
  if (verdict === "Failed") return failure?.reason === "ImageNotFound";
  return SEARCHED.has(verdict) || (verdict === "Pinned" && tag !== undefined);
}

function tooManyTags(reference: ImageReference, { tags }: TagList): Failure {
  const problem = `The registry's list of the tags of ${familiarName(reference)} is longer than what is read of it (${tags.length} tags), and none of these is newer`;
  return advised("TooManyTags", problem);
}

/** A container that failed is counted as failed. */
function withFailure(one: JudgedContainer, tag: NewerTag | undefined, tagFailure: Failure): JudgedContainer {
  const { container, judgement } = withTag(one, tag);
  return { container, judgement: judgement.verdict === "Failed" ? judgement : { ...judgement, tagFailure } };
}

/** If there is a newer tag, the next step is not to push the missing image. */
function helpedBy(one: JudgedContainer, newer: NewerTag | undefined, reference: ImageReference): JudgedContainer {
  const { container, judgement } = one;
  if (newer === undefined || judgement.failure === undefined) return one;
  const service = serviceOf(container.labels);
  const step =
    service === undefined
      ? `Create the container again from the newer tag ${newer.tag}, which the registry has.`
      : `The registry has the newer tag ${newer.tag}: on a manager, run ${updateCommand(service, reference, newer.tag)}`;
  const { reason, cause } = judgement.failure;
  const failure = advised(reason, problemOf(judgement.failure), cause, step);
  return { container, judgement: { ...judgement, failure } };
}

function withTag({ container, judgement }: JudgedContainer, tag: NewerTag | undefined): JudgedContainer {
  return { container, judgement: tag === undefined ? judgement : { ...judgement, newerTag: tag } };
}

/** A name that was shortened for the status cannot be found again. */
function isSame(item: FoundBefore, { container }: JudgedContainer): boolean {
  return item.container === container.name && item.image === container.image;
}
