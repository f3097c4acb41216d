import { LRUCache } from "lru-cache";
import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { failure, success } from "../common/result.ts";
import { accessFingerprint, hostOf, type RegistryAccess, type RegistryTarget } from "./access.ts";
import { AnswerCache, type AnswerOptions, type Dated } from "./answer-cache.ts";
import type { RegistryClient } from "./client.ts";
import { ConcurrencyBudget } from "./concurrency-budget.ts";
import type { IndexChild, ManifestDescriptor } from "./manifest.ts";
import { Outages } from "./outages.ts";
import { type ImageReference, normalizeRegistry, tagOf } from "./reference.ts";
import { SharedTasks } from "./shared-tasks.ts";
import type { TagList } from "./tag-list.ts";

const MAX_ANSWERS = 50_000;
/** All known children of indexes together; an index has a dozen, a hostile one a thousand. */
const MAX_CHILDREN = 100_000;
/** All known tags together; the largest repositories have ten thousand. */
const MAX_TAGS = 500_000;
/** For each registry, whoever asks. */
const CONCURRENT_REQUESTS = 8;
const ANY_TIME = { now: 0, notBefore: 0 };

export interface ResolveRequest extends RegistryAccess {
  /** Its digest, if any, is not looked at. */
  readonly reference: ImageReference;
}

export type ResolveOptions = AnswerOptions;

/** What a registry has for a tag. */
export type RegistryAnswer = Dated<ManifestDescriptor>;

/** The tags of a repository. */
export type RegistryTags = Dated<TagList>;

export interface RegistryResolverOptions {
  readonly client: RegistryClient;
  readonly clock: Clock;
}

/**
 * Asks registries on behalf of the whole fleet: once for each repository, tag and way of access, however many hosts
 * want to know. Answers are kept, failures are not.
 */
export class RegistryResolver {
  readonly #client: RegistryClient;
  readonly #outages: Outages;
  readonly #budget = new ConcurrencyBudget(CONCURRENT_REQUESTS);
  readonly #indexesInFlight = new SharedTasks<Outcome<readonly IndexChild[]>>();
  readonly #answers: AnswerCache<ManifestDescriptor>;
  readonly #tagLists: AnswerCache<TagList>;
  /** By digest alone: the content was checked against it, so it is the same whoever asked. */
  readonly #indexes = new LRUCache<string, readonly IndexChild[]>({
    maxSize: MAX_CHILDREN,
    sizeCalculation: (children) => children.length + 1,
  });

  constructor({ client, clock }: RegistryResolverOptions) {
    this.#client = client;
    this.#outages = new Outages(clock);
    this.#answers = new AnswerCache(clock, MAX_ANSWERS);
    this.#tagLists = new AnswerCache(
      clock,
      MAX_TAGS,
      ({ tags }) => tags.length + 1,
      ({ failure }) => failure === undefined,
    );
  }

  /** What the reference's tag names. Rejects only with the reason of the signal. */
  resolve(request: ResolveRequest, options: ResolveOptions): Promise<Outcome<RegistryAnswer>> {
    const target = targetOf(request);
    const tag = tagOf(request.reference);
    return this.#answers.get(keyOf(target, `:${tag}`), options, (signal) =>
      this.#ask(target, { ...options, signal }, () => this.#client.resolveTag(target, tag, signal)),
    );
  }

  /** The tags of the reference's repository. Rejects only with the reason of the signal. */
  listTags(request: ResolveRequest, options: ResolveOptions): Promise<Outcome<RegistryTags>> {
    const target = targetOf(request);
    return this.#tagLists.get(keyOf(target), options, (signal) =>
      this.#ask(target, { ...options, signal }, () => this.#client.listTags(target, signal)),
    );
  }

  /**
   * The images of the index that a digest names; none when it names a single image. Rejects only with the reason of
   * the signal.
   */
  async listIndex(
    request: ResolveRequest,
    digest: string,
    signal: AbortSignal,
  ): Promise<Outcome<readonly IndexChild[]>> {
    const known = this.#indexes.get(digest);
    if (known !== undefined) return success(known);
    const target = targetOf(request);
    return this.#indexesInFlight.join(keyOf(target, `@${digest}`), ANY_TIME, signal, async (shared) => {
      const listed = await this.#ask(target, { signal: shared }, () => this.#client.listIndex(target, digest, shared));
      if (listed.ok) this.#indexes.set(digest, listed.value);
      return listed;
    });
  }

  /** One question within the registry's budget, and none to one that has not answered for a while. */
  #ask<T>(
    target: RegistryTarget,
    { signal, notBefore }: Pick<ResolveOptions, "signal" | "notBefore">,
    question: () => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const host = hostOf(target);
    return this.#budget.run(host, signal, async () => {
      const held = this.#outages.held(host, notBefore);
      if (held !== undefined) return failure(held);
      const outcome = await question();
      this.#outages.note(host, outcome.ok ? undefined : outcome.failure);
      return outcome;
    });
  }
}

function targetOf({ reference, ...access }: ResolveRequest): RegistryTarget {
  return { domain: normalizeRegistry(reference.domain), path: reference.path, access };
}

function keyOf({ domain, path, access }: RegistryTarget, suffix = ""): string {
  return `${domain}/${path}${suffix} ${accessFingerprint(access)}`;
}
