import type { Failure, Outcome } from "../api/failure.ts";
import type { UpdateItemStatus } from "../api/status.ts";
import type { Platform } from "../common/platform.ts";
import { success } from "../common/result.ts";
import type { ContainerFacts, HostFacts, ImageFacts } from "../docker/facts.ts";
import { ConcurrencyBudget } from "../registry/concurrency-budget.ts";
import type { ManifestContent } from "../registry/manifest.ts";
import { type ImageReference, taggedName } from "../registry/reference.ts";
import { type Inquiry, judgeByAsking } from "./answered-verdict.ts";
import { indexImages } from "./candidates.ts";
import { inTime } from "./in-time.ts";
import type { Judgement, TagAnswer } from "./judgement.ts";
import { withLastKnown } from "./last-known.ts";
import { type NewerTagSearch, withNewerTags } from "./newer-tags.ts";
import { type CheckReport, type JudgedContainer, report } from "./report.ts";
import { type AgeRule, withAge } from "./seen.ts";
import type { Exclusion } from "./selection.ts";
import { failedWith, judgeLocally, nameOf, type Question } from "./verdict.ts";

/** The registries, as this host's check may ask them. Rejects only with the reason of the signal. */
export interface CheckRegistry {
  resolve(reference: ImageReference, signal: AbortSignal): Promise<Outcome<TagAnswer>>;
  /** Of a digest that the operator was answered with; a daemon opens none. */
  openManifest(reference: ImageReference, digest: string, signal: AbortSignal): Promise<Outcome<ManifestContent>>;
  /** Whether the reference's repository has this digest. */
  holds(reference: ImageReference, digest: string, signal: AbortSignal): Promise<Outcome<boolean>>;
  /** Whether the registry is asked for this image without credentials. */
  isAnonymous(reference: ImageReference, signal: AbortSignal): boolean | Promise<boolean>;
}

export type PlatformSource = (imageId: string, signal: AbortSignal) => Promise<Outcome<Platform | undefined>>;

export interface CheckInput {
  /** Those that are to be checked. */
  readonly containers: readonly ContainerFacts[];
  readonly excluded?: readonly ExcludedContainer[];
  readonly images: readonly ImageFacts[];
  /** By image id: why the daemon, or a proxy before it, would not tell of an image. */
  readonly imageFailures?: ReadonlyMap<string, Failure>;
  readonly host: HostFacts;
  /** Asks the daemon for the platform of an image; undefined where it may not say. Absent: it never does. */
  readonly platformOf?: PlatformSource;
  readonly registry: CheckRegistry;
  readonly age: AgeRule;
  /** The items of the last check. */
  readonly before?: readonly UpdateItemStatus[];
  /** Absent: none are looked for. */
  readonly newerTags?: NewerTagSearch;
  readonly signal: AbortSignal;
}

export interface ExcludedContainer {
  readonly container: ContainerFacts;
  readonly exclusion: Exclusion;
}

/** A container that only a registry can judge. */
interface OpenContainer {
  readonly container: ContainerFacts;
  readonly question: Question;
}

/**
 * Image names come from the remote side: a host that makes up a thousand registries must not have as many names looked
 * up and connections opened, for which the other hosts' checks would wait.
 */
const REGISTRIES_AT_ONCE = 8;

/**
 * Judges every container. A registry is asked once for each tag, whatever the number of containers. When the signal
 * fires with DeadlineExceeded, what is still open fails with CheckTimedOut; any other abort rejects with the signal's
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
  const platformOf = onceFor((imageId: string) =>
    inTime(signal, async () => (await input.platformOf?.(imageId, signal)) ?? success(undefined)),
  );
  const ask = async (question: Question): Promise<Judgement> => {
    const { reference } = question;
    const inquiry: Inquiry = {
      resolve: () => resolve(reference),
      openManifest: (digest) => inTime(signal, () => registry.openManifest(reference, digest, signal)),
      holds: (digest) => inTime(signal, () => registry.holds(reference, digest, signal)),
      platformOf,
      anonymous: await registry.isAnonymous(reference, signal),
      hostPlatform: { os: host.os, architecture: host.arch },
    };
    return withAge(await judgeByAsking(question, inquiry), nameOf(reference), age);
  };

  /** All that one registry is asked. Where its turn does not come in time, that is how each of them ends. */
  const askRegistry = async (open: readonly OpenContainer[]): Promise<readonly JudgedContainer[]> => {
    const work = () =>
      Promise.all(open.map(async ({ container, question }) => ({ container, judgement: await ask(question) })));
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
  return report(tagged, age.known);
}

/** The same answer for all who ask for the same. */
function onceFor<K, T>(ask: (key: K) => Promise<T>, nameOf: (key: K) => string = String): (key: K) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (key) => {
    const name = nameOf(key);
    const answer = asked.get(name) ?? ask(key);
    asked.set(name, answer);
    return answer;
  };
}
