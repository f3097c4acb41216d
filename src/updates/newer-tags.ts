import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { ConcurrencyBudget } from "../registry/concurrency-budget.ts";
import { familiarName, type ImageReference, parseReference, repositoryName, tagOf } from "../registry/reference.ts";
import type { TagList } from "../registry/tag-list.ts";
import { inTime } from "./in-time.ts";
import { type NewerTag, newerTag } from "./newer-tag.ts";
import type { JudgedContainer } from "./report.ts";
import type { TagSchemeOf } from "./tag-rules.ts";
import type { Verdict } from "./verdict.ts";

export interface NewerTagSearch {
  readonly schemeOf: TagSchemeOf;
  /** Rejects only with the reason of the signal. */
  listTags(reference: ImageReference, signal: AbortSignal): Promise<Outcome<TagList>>;
  /** What the last check found: it stays where the tags cannot be listed now. */
  readonly before: readonly FoundBefore[];
}

interface FoundBefore {
  readonly container: string;
  readonly image: string;
  readonly newerTag?: NewerTag | undefined;
}

/** Lists of tags are long: no host asks for more of them at once. */
const LISTS_AT_ONCE = 4;

/** What runs a tag of a registry that answered, or may well. */
const SEARCHED: ReadonlySet<Verdict> = new Set(["UpToDate", "Outdated", "TooYoung", "RestartPending"]);

/** Adds newer tags; no verdict changes. A repository is asked once, whatever the number of its containers. */
export async function withNewerTags(
  judged: readonly JudgedContainer[],
  search: NewerTagSearch,
  signal: AbortSignal,
): Promise<readonly JudgedContainer[]> {
  const turns = new ConcurrencyBudget(LISTS_AT_ONCE);
  const lists = new Map<string, Promise<Outcome<TagList>>>();
  const found = new Map<string, Promise<Outcome<NewerTag | undefined>>>();
  const list = (reference: ImageReference) => {
    const key = repositoryName(reference);
    const work = () => turns.run("", signal, () => search.listTags(reference, signal));
    const listed = lists.get(key) ?? inTime(signal, work);
    lists.set(key, listed);
    return listed;
  };
  const find = async (reference: ImageReference): Promise<Outcome<NewerTag | undefined>> => {
    const scheme = search.schemeOf(repositoryName(reference));
    if (scheme === undefined) return success(undefined);
    const tags = await list(reference);
    if (!tags.ok) return tags;
    const newer = newerTag(tagOf(reference), tags.value.tags, scheme);
    // A part of the list may lack the newest, and what it has is newer all the same.
    if (newer !== undefined || !tags.value.truncated) return success(newer);
    const problem = `The registry has more tags of ${familiarName(reference)} than are read (${tags.value.tags.length})`;
    return failure(advised("TooManyTags", problem));
  };

  return await Promise.all(
    judged.map(async (one): Promise<JudgedContainer> => {
      const { container, judgement } = one;
      const known = () => search.before.find((item) => isSame(item, one))?.newerTag;
      const parsed = parseReference(container.image);
      if (!parsed.ok || search.schemeOf(container.image) === undefined) return one;
      if (judgement.verdict === "Failed") return withTag(one, known());
      if (!SEARCHED.has(judgement.verdict)) return one;
      const key = `${repositoryName(parsed.value)}:${tagOf(parsed.value)}`;
      const searched = found.get(key) ?? find(parsed.value);
      found.set(key, searched);
      const newer = await searched;
      if (newer.ok) return withTag(one, newer.value);
      const { judgement: kept } = withTag(one, known());
      return { container, judgement: { ...kept, tagFailure: newer.failure } };
    }),
  );
}

function withTag({ container, judgement }: JudgedContainer, tag: NewerTag | undefined): JudgedContainer {
  return { container, judgement: tag === undefined ? judgement : { ...judgement, newerTag: tag } };
}

/** A name that was cut for the status is that of no container that is found again. */
function isSame(item: FoundBefore, { container }: JudgedContainer): boolean {
  return item.container === container.name && item.image === container.image;
}
