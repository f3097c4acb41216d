import { LRUCache } from "lru-cache";
import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { failure, success } from "../common/result.ts";
import { accessFingerprint, accountFingerprint, type RegistryAccess, type RegistryTarget } from "./access.ts";
import type { RegistryClient } from "./client.ts";
import { ConcurrencyBudget } from "./concurrency-budget.ts";
import type { IndexChild, ManifestDescriptor } from "./manifest.ts";
import { RateLimits } from "./rate-limits.ts";
import { type ImageReference, registryOrigin, repositoryName, taggedName, tagOf } from "./reference.ts";
import { SharedTasks } from "./shared-tasks.ts";
import { rateLimited } from "./status-failure.ts";

const MAX_ANSWERS = 50_000;
/** All known children of indexes together; an index has a dozen, a hostile one a thousand. */
const MAX_CHILDREN = 100_000;
/** For each registry, whoever asks. */
const CONCURRENT_REQUESTS = 8;
const ANY_TIME = { now: 0, notBefore: 0 };

export interface ResolveRequest extends RegistryAccess {
  /** Its digest, if any, is not looked at. */
  readonly reference: ImageReference;
}

export interface ResolveOptions {
  /** How old a known answer may be, in milliseconds. */
  readonly maxAgeMs: number;
  /** Wall-clock milliseconds; an answer that was asked for earlier is not accepted. */
  readonly notBefore?: number;
  readonly signal: AbortSignal;
}

/** What a registry has for a tag. */
export interface RegistryAnswer extends ManifestDescriptor {
  /** When it was asked for, in wall-clock milliseconds. */
  readonly fetchedAt: number;
}

export interface RegistryResolverOptions {
  readonly client: RegistryClient;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Asks registries on behalf of the whole fleet: once for each repository, tag and way of access, however many hosts
 * want to know. Answers are kept, failures are not, apart from rate limits: those block the registry for that account.
 */
export class RegistryResolver {
  readonly #client: RegistryClient;
  readonly #clock: Clock;
  readonly #limits: RateLimits;
  readonly #budget = new ConcurrencyBudget(CONCURRENT_REQUESTS);
  readonly #tagsInFlight = new SharedTasks<Outcome<RegistryAnswer>>();
  readonly #indexesInFlight = new SharedTasks<Outcome<readonly IndexChild[]>>();
  /** `since`: when it was asked for, on the monotonic clock. */
  readonly #answers = new LRUCache<string, { readonly answer: RegistryAnswer; readonly since: number }>({
    max: MAX_ANSWERS,
  });
  /** By digest alone: the content was checked against it, so it is the same whoever asked. */
  readonly #indexes = new LRUCache<string, readonly IndexChild[]>({
    maxSize: MAX_CHILDREN,
    sizeCalculation: (children) => children.length + 1,
  });

  constructor({ client, clock, random }: RegistryResolverOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#limits = new RateLimits(clock, random);
  }

  /** What the reference's tag names. Rejects only with the reason of the signal. */
  async resolve(request: ResolveRequest, options: ResolveOptions): Promise<Outcome<RegistryAnswer>> {
    const target = targetOf(request);
    const tag = tagOf(request.reference);
    const key = `${taggedName(request.reference)} ${accessFingerprint(request)}`;
    const notBefore = options.notBefore ?? Number.NEGATIVE_INFINITY;
    const [now, since] = [this.#clock.now(), this.#clock.monotonic()];

    const known = this.#answers.get(key);
    if (known !== undefined && since - known.since < options.maxAgeMs && known.answer.fetchedAt >= notBefore) {
      return success(known.answer);
    }
    return this.#tagsInFlight.join(key, { now, notBefore }, options.signal, async (signal) => {
      const found = await this.#ask(target, signal, () => this.#client.resolveTag(target, tag, signal));
      if (!found.ok) return found;
      const answer = { ...found.value, fetchedAt: now };
      // An older request may end after a younger one.
      if ((this.#answers.get(key)?.since ?? since) <= since) this.#answers.set(key, { answer, since });
      return success(answer);
    });
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
    const key = `${repositoryName(request.reference)}@${digest} ${accessFingerprint(request)}`;
    return this.#indexesInFlight.join(key, ANY_TIME, signal, async (shared) => {
      const listed = await this.#ask(target, shared, () => this.#client.listIndex(target, digest, shared));
      if (listed.ok) this.#indexes.set(digest, listed.value);
      return listed;
    });
  }

  /** One request within the registry's budget and rate limit. */
  async #ask<T>(target: RegistryTarget, signal: AbortSignal, request: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const { host } = registryOrigin(target.domain, target.access.insecure);
    const account = `${host} ${accountFingerprint(target.access)}`;
    return this.#budget.run(host, signal, async () => {
      const blockedUntil = this.#limits.blockedUntil(account);
      if (blockedUntil !== undefined) return failure(rateLimited(host, blockedUntil));
      const outcome = await request();
      if (outcome.ok) this.#limits.accept(account);
      else if (outcome.failure.reason === "RegistryRateLimited") {
        return failure(rateLimited(host, this.#limits.refuse(account, outcome.failure.retryAt)));
      }
      return outcome;
    });
  }
}

function targetOf({ reference, ...access }: ResolveRequest): RegistryTarget {
  return { domain: reference.domain, path: reference.path, access };
}
