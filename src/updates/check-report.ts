import { MAX_MESSAGE_LENGTH } from "../api/condition-schema.ts";
import { type Failure, shownOn } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { MAX_IMAGE_LENGTH, MAX_NAME_LENGTH, MAX_UPDATE_ITEMS } from "../api/status.ts";
import type { Surface } from "../api/surface.ts";
import { truncate } from "../common/truncate.ts";
import type { ContainerFacts } from "../docker/facts.ts";
import { parseReference } from "../registry/reference.ts";
import type { Answerer, Judgement, SeenDigest, Verdict } from "./judgement.ts";
import { nameOf } from "./local-verdict.ts";
import type { NewerTag, UnreadTag } from "./newer-tag.ts";
import { rememberSeen } from "./seen.ts";
import type { ExclusionRule } from "./selection.ts";

/** One container in the status. */
export interface UpdateItem {
  readonly container: string;
  readonly image: string;
  readonly verdict: Verdict;
  /** The digests of the image. */
  readonly running?: string;
  readonly available?: string;
  /** In RFC 3339. */
  readonly firstSeen?: string;
  readonly newerTag?: NewerTag;
  readonly answeredBy?: Answerer;
  readonly reason?: Reason | ExclusionRule;
  readonly message?: string;
}

/** `total` is the sum of the verdicts. */
export interface UpdateCounts {
  readonly total: number;
  readonly upToDate: number;
  readonly outdated: number;
  readonly restartPending: number;
  readonly pinned: number;
  readonly local: number;
  readonly tooYoung: number;
  readonly excluded: number;
  readonly failed: number;
  /** Not part of the sum: containers with a newer tag, whatever their verdict. */
  readonly newerTags: number;
}

/** All containers that failed for the same reason. */
export interface FailureGroup {
  readonly reason: Reason;
  readonly count: number;
  /** The first container by name, and its message. */
  readonly container: string;
  readonly message: string;
}

export interface CheckReport {
  readonly counts: UpdateCounts;
  /** At most MAX_UPDATE_ITEMS: outdated and failed containers first, then by name. */
  readonly items: readonly UpdateItem[];
  /** Whether there are more items. */
  readonly truncated: boolean;
  /** The most frequent reasons come first. */
  readonly failures: readonly FailureGroup[];
  /** Containers whose newer tags are not known, whatever their verdict; the most frequent reasons come first. */
  readonly tagFailures: readonly FailureGroup[];
  /** Containers whose tags their rule for newer tags cannot read, whatever their verdict. Absent if there are none. */
  readonly unreadTags?: readonly UnreadTagOf[];
  /** Every outdated container, even if it is not among the items. */
  readonly updates: readonly FoundUpdate[];
  /** Containers that could not be checked and have an update from an earlier check. */
  readonly stillOutdated: number;
  /** What to remember about available images. */
  readonly seen: readonly SeenDigest[];
  /** Wall-clock milliseconds: the earliest time at which an update becomes old enough, if one is too young. */
  readonly maturesAt?: number;
  /** Wall-clock milliseconds: the earliest time at which a registry allows another request, if one named a time. */
  readonly retryAt?: number;
}

export interface UnreadTagOf extends Pick<UnreadTag, "tag" | "namesNoVersion"> {
  readonly container: string;
}

export interface FoundUpdate {
  readonly container: string;
  readonly image: string;
  readonly seen: SeenDigest;
}

export interface JudgedContainer {
  readonly container: ContainerFacts;
  readonly judgement: Judgement;
}

/** The list is cut, so the most important items come first. */
const ORDER: readonly Verdict[] = [
  "Outdated",
  "Failed",
  "RestartPending",
  "TooYoung",
  "UpToDate",
  "Pinned",
  "LocalImage",
  "Excluded",
];

/**
 * @param known the updates from earlier checks
 * @param surface where the messages are read
 */
export function report(
  judged: readonly JudgedContainer[],
  known: readonly SeenDigest[] = [],
  surface: Surface = "object",
): CheckReport {
  const sorted = judged
    .map((one) => worded(one, surface))
    .toSorted((a, b) => rank(a) - rank(b) || compare(a.container.name, b.container.name));
  const retryAt = earliest(
    sorted.flatMap(({ judgement: { failure, tagFailure } }) =>
      [failure, tagFailure].flatMap((each) => each?.retryAt ?? []),
    ),
  );
  const unreadTags = sorted.flatMap(toUnreadTag);
  const maturesAt = earliest(sorted.flatMap(({ judgement }) => judgement.countsFrom ?? []));
  return {
    counts: count(judged),
    items: sorted.slice(0, MAX_UPDATE_ITEMS).map(toItem),
    truncated: sorted.length > MAX_UPDATE_ITEMS,
    failures: groupFailures(sorted, ({ failure }) => failure),
    tagFailures: groupFailures(sorted, ({ tagFailure }) => tagFailure),
    updates: sorted.flatMap(toUpdate),
    stillOutdated: sorted.filter(({ judgement }) => isStillOutdated(judgement)).length,
    seen: rememberSeen(
      known,
      sorted.flatMap(({ judgement }) => judgement.seen ?? []),
      imagesOf(sorted),
    ),
    ...(unreadTags.length > 0 && { unreadTags }),
    ...(retryAt !== undefined && { retryAt }),
    ...(maturesAt !== undefined && { maturesAt }),
  };
}

function worded({ container, judgement }: JudgedContainer, surface: Surface): JudgedContainer {
  const { failure, tagFailure } = judgement;
  return {
    container,
    judgement: {
      ...judgement,
      ...(failure !== undefined && { failure: shownOn(surface, failure) }),
      ...(tagFailure !== undefined && { tagFailure: shownOn(surface, tagFailure) }),
    },
  };
}

/** Many items may have the same verdict; those with a newer tag come first. */
function rank({ judgement: { verdict, newerTag } }: JudgedContainer): number {
  return 2 * ORDER.indexOf(verdict) + (newerTag === undefined ? 1 : 0);
}

function count(judged: readonly JudgedContainer[]): UpdateCounts {
  const of = (verdict: Verdict) => judged.filter(({ judgement }) => judgement.verdict === verdict).length;
  return {
    total: judged.length,
    upToDate: of("UpToDate"),
    outdated: of("Outdated"),
    restartPending: of("RestartPending"),
    pinned: of("Pinned"),
    local: of("LocalImage"),
    tooYoung: of("TooYoung"),
    excluded: of("Excluded"),
    failed: of("Failed"),
    newerTags: judged.filter(({ judgement }) => judgement.newerTag !== undefined).length,
  };
}

function toItem({ container, judgement }: JudgedContainer): UpdateItem {
  const { verdict, running, available, failure, rule, seen, newerTag, answeredBy } = judgement;
  const message = messageOf(judgement);
  const reason = failure?.reason ?? rule;
  const firstSeen = seen?.at ?? judgement.firstSeen;
  return {
    container: truncate(container.name, MAX_NAME_LENGTH),
    image: truncate(container.image, MAX_IMAGE_LENGTH),
    verdict,
    ...(running !== undefined && { running }),
    ...(available !== undefined && { available }),
    ...(firstSeen !== undefined && { firstSeen }),
    ...(newerTag !== undefined && { newerTag }),
    ...(answeredBy !== undefined && { answeredBy }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message: truncate(message, MAX_MESSAGE_LENGTH) }),
  };
}

/** The verdict's own message may end with a command, so it comes last. */
function messageOf({ failure, message: own, unreadTag }: Judgement): string | undefined {
  const message = failure?.message ?? own;
  if (unreadTag === undefined || message === undefined) return message ?? unreadTag?.message;
  return unreadTag.namesNoVersion ? message : `${unreadTag.message}. ${message}`;
}

/** For a failed container, `available` contains what was seen before. */
export function isStillOutdated({ verdict, available }: Pick<UpdateItem, "verdict" | "available">): boolean {
  return verdict === "Failed" && available !== undefined;
}

function toUpdate({ container, judgement: { verdict, seen } }: JudgedContainer): FoundUpdate[] {
  if (verdict !== "Outdated" || seen === undefined) return [];
  return [
    { container: truncate(container.name, MAX_NAME_LENGTH), image: truncate(container.image, MAX_IMAGE_LENGTH), seen },
  ];
}

function toUnreadTag({ container, judgement: { unreadTag } }: JudgedContainer): UnreadTagOf[] {
  if (unreadTag === undefined) return [];
  const { tag, namesNoVersion } = unreadTag;
  return [{ container: truncate(container.name, MAX_NAME_LENGTH), tag, namesNoVersion }];
}

/** The names are those that `seen` uses. */
function imagesOf(judged: readonly JudgedContainer[]): ReadonlySet<string> {
  const images = new Set(judged.map(({ container }) => container.image));
  return new Set(
    [...images].flatMap((image) => {
      const parsed = parseReference(image);
      return parsed.ok ? [truncate(nameOf(parsed.value), MAX_IMAGE_LENGTH)] : [];
    }),
  );
}

function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}

function groupFailures(
  sorted: readonly JudgedContainer[],
  failureOf: (judgement: Judgement) => Failure | undefined,
): readonly FailureGroup[] {
  const groups = new Map<Reason, FailureGroup>();
  for (const { container, judgement } of sorted) {
    const failure = failureOf(judgement);
    if (failure === undefined) continue;
    const { reason, message } = failure;
    const group = groups.get(reason) ?? {
      reason,
      count: 0,
      container: truncate(container.name, MAX_NAME_LENGTH),
      message,
    };
    groups.set(reason, { ...group, count: group.count + 1 });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || compare(a.reason, b.reason));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
