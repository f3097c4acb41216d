import { advised, type Outcome } from "../../api/failure.ts";
import type { Clock } from "../../common/clock.ts";
import type { Random } from "../../common/random.ts";
import { failure, success } from "../../common/result.ts";
import { EngineSession } from "../../docker/engine-session.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";
import { accountFingerprint } from "../../registry/access.ts";
import { AnswerCache } from "../../registry/answer-cache.ts";
import { descriptorBytes, isIndexType, type ManifestDescriptor } from "../../registry/image-manifest.ts";
import { RateLimits } from "../../registry/rate-limits.ts";
import { familiarName, type ImageReference, taggedName, tagOf } from "../../registry/reference.ts";
import type { RegistryCredential } from "../../registry/registry-credentials.ts";
import type { CheckRegistry } from "../../updates/check-containers.ts";
import type { TagAnswer } from "../../updates/judgement.ts";
import type { AccessFor } from "../../updates/registry-port.ts";

/** Room for a thousand answers. */
const MAX_ANSWER_BYTES = 512 * 1024;

/**
 * What one daemon reported about registries in earlier checks. Asking it again would cost a pull. The caches are made when they are
 * first used, because most hosts never need them.
 */
export class HostAnswers {
  readonly #clock: Clock;
  readonly #random: Random;
  #cache: AnswerCache<ManifestDescriptor> | undefined;
  #limits: RateLimits | undefined;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  get cache(): AnswerCache<ManifestDescriptor> {
    this.#cache ??= new AnswerCache(this.#clock, MAX_ANSWER_BYTES, descriptorBytes);
    return this.#cache;
  }

  get limits(): RateLimits {
    this.#limits ??= new RateLimits(this.#clock, this.#random);
    return this.#limits;
  }
}

export interface HostRegistryOptions {
  readonly target: EngineTarget;
  readonly apiVersion: string;
  readonly accessFor: AccessFor;
  /** Whether nobody on the way to the daemon can read along or impersonate it. */
  readonly isProtected: boolean;
  /** False if it is known that the daemon refuses such requests. */
  readonly available: boolean;
  readonly answers: HostAnswers;
  readonly maxAgeMs: number;
  /** In wall-clock milliseconds; an answer to an earlier request is not accepted. */
  readonly notBefore?: number;
  readonly signal: AbortSignal;
}

/** Asks registries through the daemon, over a connection of its own that the first request opens. */
export class HostRegistry implements Pick<CheckRegistry, "resolve" | "holds">, Disposable {
  readonly #options: HostRegistryOptions;
  #session: EngineSession | undefined;

  constructor(options: HostRegistryOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    this.#session?.[Symbol.dispose]();
  }

  async resolve(
    reference: ImageReference,
    signal: AbortSignal,
    notBefore = this.#options.notBefore,
  ): Promise<Outcome<TagAnswer>> {
    const { accessFor, answers, available, isProtected, maxAgeMs } = this.#options;
    const name = `${familiarName(reference)}:${tagOf(reference)}`;
    if (!available) return failure(advised("DistributionUnavailable", `The daemon cannot be asked for ${name}`));
    // Only the credential matters, because the daemon uses its own certificates and mirrors.
    const access = await accessFor(reference, signal);
    if (!access.ok) return access;
    const { credential } = access.value;
    if (credential !== undefined && !isProtected) {
      return failure(advised("RegistryCredentialsWithheld", `The credentials for ${name} are not sent to the daemon`));
    }
    const account = accountFingerprint(access.value);
    const accepted = { maxAgeMs, signal, ...(notBefore === undefined ? {} : { notBefore }) };
    const answer = await answers.cache.get(`${taggedName(reference)} ${account}`, accepted, () =>
      this.#ask(reference, credential, `${reference.domain} ${account}`),
    );
    // The session ends with the same signal, and its failure then is not the registry's.
    signal.throwIfAborted();
    return answer.ok ? success({ ...answer.value, answeredBy: "Host" }) : answer;
  }

  /** The daemon accepts a digest in place of the tag. */
  async holds(reference: ImageReference, digest: string, signal: AbortSignal): Promise<Outcome<boolean>> {
    const named = await this.resolve({ ...reference, tag: digest }, signal);
    if (named.ok) return success(true);
    return named.failure.reason === "ImageNotFound" ? success(false) : named;
  }

  async #ask(
    reference: ImageReference,
    credential: RegistryCredential | undefined,
    account: string,
  ): Promise<Outcome<ManifestDescriptor>> {
    const { answers, apiVersion, target, signal } = this.#options;
    const held = answers.limits.held(account);
    if (held !== undefined) return failure(held);
    this.#session ??= new EngineSession(target, signal);
    const { domain, path } = reference;
    const auth = credential === undefined ? undefined : registryAuth(credential);
    const reported = await this.#session.askRegistry(apiVersion, { domain, path, tag: tagOf(reference) }, auth);
    if (reported.ok) {
      answers.limits.accept(account);
      const { digest, mediaType } = reported.value;
      return success({ digest, mediaType, isIndex: isIndexType(mediaType) });
    }
    if (reported.failure.reason !== "RegistryRateLimited") return reported;
    // The daemon does not pass on the registry's Retry-After.
    return failure(answers.limits.refuse(account, { host: domain, status: 429, headers: {}, body: undefined }));
  }
}

/** The value of X-Registry-Auth: base64url with padding. Without the padding, daemons silently use anonymous access. */
export function registryAuth(credential: RegistryCredential): string {
  const text = JSON.stringify(
    credential.kind === "basic"
      ? { username: credential.username, password: credential.password }
      : credential.kind === "identityToken"
        ? { identitytoken: credential.token }
        : { registrytoken: credential.token },
  );
  return Buffer.from(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
