import type { Failure, Outcome } from "../api/failure.ts";
import type { UpdateItemStatus } from "../api/status.ts";
import type { Surface } from "../api/surface.ts";
import type { Platform } from "../common/platform.ts";
import { success } from "../common/result.ts";
import type { ContainerFacts, HostFacts, ImageFacts } from "../docker/facts.ts";
import { ConcurrencyBudget } from "../registry/concurrency-budget.ts";
import type { ManifestContent } from "../registry/image-manifest.ts";
import { type ImageReference, taggedName } from "../registry/reference.ts";
import { type Inquiry, judgeByAsking } from "./answered-verdict.ts";
import { indexImages } from "./candidates.ts";
import { type CheckReport, type JudgedContainer, report } from "./check-report.ts";
import { inTime } from "./in-time.ts";
import type { Judgement, TagAnswer } from "./judgement.ts";
import { withLastKnown } from "./last-known.ts";
import { failedWith, judgeLocally, nameOf, type Question } from "./local-verdict.ts";
import { type NewerTagSearch, withNewerTags } from "./newer-tags.ts";
import { type AgeRule, withAge } from "./seen.ts";
import type { Exclusion } from "./selection.ts";

/** Access to the registries for this host's check. Rejects only with the reason of the signal. */
export interface CheckRegistry {
  /** @param notBefore in wall-clock milliseconds; an answer that was fetched before is not used */
  resolve(reference: ImageReference, signal: AbortSignal, notBefore?: number): Promise<Outcome<TagAnswer>>;
  /** Opens a digest from an answer to the operator; a daemon cannot open one. */
  openManifest(reference: ImageReference, digest: string, signal: AbortSignal): Promise<Outcome<ManifestContent>>;
  /** Whether the reference's repository has this digest. */
  holds(reference: ImageReference, digest: string, signal: AbortSignal): Promise<Outcome<boolean>>;
  /** Whether the registry is accessed without credentials for this image. */
  isAnonymous(reference: ImageReference, signal: AbortSignal): boolean | Promise<boolean>;
}

export type PlatformSource = (imageId: string, signal: AbortSignal) => Promise<Outcome<Platform | undefined>>;

export interface CheckInput {
  /** The containers to check. */
  readonly containers: readonly ContainerFacts[];
  readonly excluded?: readonly ExcludedContainer[];
  readonly images: readonly ImageFacts[];
  /** Why the daemon, or a proxy in front of it, would not describe an image, by image id. */
  readonly imageFailures?: ReadonlyMap<string, Failure>;
  readonly host: HostFacts;
  /** Asks the daemon for the platform of an image; undefined if it must not report it. If absent, it is never asked. */
  readonly platformOf?: PlatformSource;
  readonly registry: CheckRegistry;
  readonly age: AgeRule;
  /** The items of the last check. */
  readonly before?: readonly UpdateItemStatus[];
  /** If absent, newer tags are not looked for. */
  readonly newerTags?: NewerTagSearch;
  /** Where the messages are read; default in an object. */
  readonly surface?: Surface | undefined;
  readonly signal: AbortSignal;
}

export interface ExcludedContainer {
  readonly container: ContainerFacts;
  readonly exclusion: Exclusion;
}

/** A container that cannot be judged without a registry. */
interface OpenContainer {
  readonly container: ContainerFacts;
  readonly question: Question;
}

/**
 * Image names come from the remote side. A host that makes up a thousand registries must not cause as many name lookups
 * and connections, because the checks of other hosts would wait for them.
 */
const REGISTRIES_AT_ONCE = 8;

/**
 * Judges every container. A registry is asked once for each tag, no matter how many containers use it. When the signal
 * fires with DeadlineExceeded, all open containers fail with CheckTimedOut; any other abort rejects with the signal's
 * reason.
 */
export async function checkHost(input: CheckInput): Promise<CheckReport> {
  const { containers, host, registry, age, signal } = input;
  const local = indexImages(input.images, host, input.imageFailures);
  const turns = new ConcurrencyBudget(REGISTRIES_AT_ONCE);

  const resolve = onceFor(
    (reference: ImageReference) => inTime(signal, () => registry.resolve(reference, signal)),
    taggedName,
  );
  const resolveAgain = onceFor(
    (reference: ImageReference) => inTime(signal, () => registry.resolve(reference, signal, age.now)),
    taggedName,
  );
  const platformOf = onceFor((imageId: string) =>
    inTime(signal, async () => (await input.platformOf?.(imageId, signal)) ?? success(undefined)),
  );
  const ask = async ({ container, question }: OpenContainer): Promise<Judgement> => {
    const { reference } = question;
    const inquiry: Inquiry = {
      resolve: () => resolve(reference),
      openManifest: (digest) => inTime(signal, () => registry.openManifest(reference, digest, signal)),
      holds: (digest) => inTime(signal, () => registry.holds(reference, digest, signal)),
      platformOf,
      anonymous: await registry.isAnonymous(reference, signal),
      hostPlatform: { os: host.os, architecture: host.arch },
    };
    const judged = await judgeByAsking(question, inquiry);
    // Somebody may have pulled an image that is newer than an earlier answer of the registry.
    const isDoubtful = judged.verdict === "Outdated" && isReplaced(container, judged, input.before ?? []);
    const confirmed = isDoubtful
      ? await judgeByAsking(question, { ...inquiry, resolve: () => resolveAgain(reference) })
      : judged;
    return withAge(confirmed, nameOf(reference), age);
  };

  /** Sends all requests for one registry. If its turn does not come in time, all of them fail with that. */
  const askRegistry = async (open: readonly OpenContainer[]): Promise<readonly JudgedContainer[]> => {
    const work = () =>
      Promise.all(open.map(async (each) => ({ container: each.container, judgement: await ask(each) })));
    const asked = await inTime(signal, async () => success(await turns.run("", signal, work)));
    if (asked.ok) return asked.value;
    return open.map(({ container, question: { candidates } }) => {
      return { container, judgement: failedWith(asked.failure, candidates.running) };
    });
  };

  const judged: JudgedContainer[] = (input.excluded ?? []).map(({ container, exclusion }) => ({
    container,
    judgement: { verdict: "Excluded", ...exclusion },
  }));
  const open: OpenContainer[] = [];
  for (const container of containers) {
    const first = judgeLocally(container, local);
    if ("question" in first) open.push({ container, question: first.question });
    else judged.push({ container, judgement: first.judgement });
  }
  const byRegistry = Map.groupBy(open, ({ question }) => question.reference.domain);
  const answered = await Promise.all([...byRegistry.values()].map(askRegistry));
  const all = withLastKnown([...judged, ...answered.flat()], input.before ?? []);
  const tagged = input.newerTags === undefined ? all : await withNewerTags(all, input.newerTags, signal);
  return report(tagged, age.known, input.surface);
}

/** Whether the container runs an image that the last check of this host, if there was one, did not find in it. */
function isReplaced({ name, image }: ContainerFacts, { running }: Judgement, before: readonly UpdateItemStatus[]) {
  const known = before.find((item) => item.container === name && item.image === image);
  if (known !== undefined) return known.running !== undefined && known.running !== running;
  // A container that is new here, such as the next task of a service, may run what others ran already.
  return before.length > 0 && !before.some((item) => item.image === image && item.running === running);
}

/** Shares one answer between all callers with the same request. */
function onceFor<K, T>(ask: (key: K) => Promise<T>, nameOf: (key: K) => string = String): (key: K) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (key) => {
    const name = nameOf(key);
    const answer = asked.get(name) ?? ask(key);
    asked.set(name, answer);
    return answer;
  };
}
