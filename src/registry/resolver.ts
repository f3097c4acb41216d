import { LRUCache } from "lru-cache";
import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { failure, success } from "../common/result.ts";
import { accessFingerprint, originOf, type RegistryAccess, type RegistryTarget, wayOf } from "./access.ts";
import { AnswerCache, type AnswerOptions, type Dated } from "./answer-cache.ts";
import type { RegistryClient } from "./client.ts";
import { ConcurrencyBudget } from "./concurrency-budget.ts";
import { contentBytes, descriptorBytes, type ManifestContent, type ManifestDescriptor } from "./image-manifest.ts";
import { Outages } from "./outages.ts";
import { type ImageReference, normalizeRegistry, tagOf } from "./reference.ts";
import type { TagList } from "./tag-list.ts";

/** Enough for some 30,000 tags. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** For the digests that a registry has; only a few images need this. */
const MAX_HOLDING_BYTES = 4 * 1024 * 1024;
/** For all opened manifests together. An index has about a dozen children, but a hostile one has a thousand. */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
/** For all known tags together. The largest repositories have ten thousand, of 20 characters each. */
const MAX_TAG_LIST_BYTES = 16 * 1024 * 1024;
/** The memory for a short text in a list. */
const TEXT_BYTES = 40;
/** For each registry, while only one namespace sends requests. */
const CONCURRENT_REQUESTS = 8;
/** One more place for requests of other namespaces while one of them holds all of these. */
const REQUESTS_FOR_OTHERS = 1;

export interface ResolveRequest extends RegistryAccess {
  /** Its digest, if any, is ignored. */
  readonly reference: ImageReference;
  /** The namespace for which the request is made; namespaces take turns. */
  readonly owner?: string;
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
 * Sends requests to registries on behalf of the whole fleet: one for each repository, tag and kind of access, no matter
 * how many hosts need the answer. Answers are kept, and refusals for a minute.
 */
export class RegistryResolver {
  readonly #client: RegistryClient;
  readonly #outages: Outages;
  readonly #budget = new ConcurrencyBudget(CONCURRENT_REQUESTS, REQUESTS_FOR_OTHERS);
  readonly #answers: AnswerCache<ManifestDescriptor>;
  readonly #tagLists: AnswerCache<TagList>;
  readonly #holdings: AnswerCache<{ readonly held: boolean }>;
  /** Contains only refusals of registries; the manifests themselves are kept by digest. */
  readonly #manifestRefusals: AnswerCache<{ readonly content: ManifestContent }>;
  /** The key is only the digest: the content was verified against it, so it is the same for everybody. */
  readonly #manifests = new LRUCache<string, ManifestContent>({
    maxSize: MAX_MANIFEST_BYTES,
    sizeCalculation: contentBytes,
  });

  constructor({ client, clock }: RegistryResolverOptions) {
    this.#client = client;
    this.#outages = new Outages(clock);
    this.#answers = new AnswerCache(clock, MAX_ANSWER_BYTES, descriptorBytes);
    this.#holdings = new AnswerCache(clock, MAX_HOLDING_BYTES, () => 0);
    this.#manifestRefusals = new AnswerCache(
      clock,
      MAX_HOLDING_BYTES,
      () => 0,
      () => false,
    );
    this.#tagLists = new AnswerCache(
      clock,
      MAX_TAG_LIST_BYTES,
      ({ tags }) => tags.reduce((bytes, tag) => bytes + tag.length + TEXT_BYTES, 0),
      ({ failure }) => failure === undefined,
    );
  }

  /** Finds the manifest to which the reference's tag points. Rejects only with the reason of the signal. */
  resolve(request: ResolveRequest, options: ResolveOptions): Promise<Outcome<RegistryAnswer>> {
    const target = targetOf(request);
    const tag = tagOf(request.reference);
    return this.#answers.get(
      keyOf(target, `:${tag}`),
      options,
      (signal) => this.#ask(target, options.notBefore, () => this.#client.resolveTag(target, tag, signal)),
      this.#asker(target),
    );
  }

  /** Lists the tags of the reference's repository. Rejects only with the reason of the signal. */
  listTags(request: ResolveRequest, options: ResolveOptions): Promise<Outcome<RegistryTags>> {
    const target = targetOf(request);
    return this.#tagLists.get(
      keyOf(target),
      options,
      (signal) => this.#ask(target, options.notBefore, () => this.#client.listTags(target, signal)),
      this.#asker(target),
    );
  }

  /** Whether the repository has the manifest or index with this digest. Rejects only with the reason of the signal. */
  async holds(request: ResolveRequest, digest: string, options: ResolveOptions): Promise<Outcome<boolean>> {
    const target = targetOf(request);
    const resolve = async (signal: AbortSignal) => {
      const named = await this.#ask(target, options.notBefore, () => this.#client.resolveTag(target, digest, signal));
      if (named.ok) return success({ held: true });
      return named.failure.reason === "ImageNotFound" ? success({ held: false }) : named;
    };
    const answer = await this.#holdings.get(keyOf(target, `@${digest}`), options, resolve, this.#asker(target));
    return answer.ok ? success(answer.value.held) : answer;
  }

  /** Reads what the manifest or index with this digest refers to. Rejects only with the reason of the signal. */
  async openManifest(
    request: ResolveRequest,
    digest: string,
    options: ResolveOptions,
  ): Promise<Outcome<ManifestContent>> {
    const target = targetOf(request);
    const known = this.#manifests.get(digest);
    if (known !== undefined) return success(known);
    const answer = await this.#manifestRefusals.get(
      keyOf(target, `@${digest}`),
      options,
      async (signal) => {
        // A caller with another access may have found it while this one waited for its turn.
        const found = this.#manifests.get(digest);
        if (found !== undefined) return success({ content: found });
        const open = () => this.#client.openManifest(target, digest, signal);
        const opened = await this.#ask(target, options.notBefore, open);
        if (!opened.ok) return opened;
        this.#manifests.set(digest, opened.value);
        return success({ content: opened.value });
      },
      this.#asker(target),
    );
    return answer.ok ? success(answer.value.content) : answer;
  }

  /** A registry has one budget for all kinds of access, because its capacity does not depend on them. */
  #asker<T>(target: RegistryTarget) {
    const { owner = "" } = target;
    const turn = (signal: AbortSignal, task: () => Promise<T>) =>
      this.#budget.run(originOf(target).origin, signal, task, owner);
    return { owner, turn };
  }

  /**
   * Sends one request, unless the registry has not answered for a while. Only requests with the same access count for
   * this, because another access may lead to another server.
   */
  async #ask<T>(
    target: RegistryTarget,
    notBefore: number | undefined,
    request: () => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const way = wayOf(target);
    const held = this.#outages.held(way, notBefore);
    if (held !== undefined) return failure(held);
    const outcome = await request();
    this.#outages.note(way, outcome.ok ? undefined : outcome.failure);
    return outcome;
  }
}

function targetOf({ reference, owner = "", ...access }: ResolveRequest): RegistryTarget {
  return { domain: normalizeRegistry(reference.domain), path: reference.path, access, owner };
}

function keyOf({ domain, path, access }: RegistryTarget, suffix = ""): string {
  return `${domain}/${path}${suffix} ${accessFingerprint(access)}`;
}
