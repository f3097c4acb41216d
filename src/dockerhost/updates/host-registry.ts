import { advised, type Outcome } from "../../api/failure.ts";
import type { Clock } from "../../common/clock.ts";
import type { Random } from "../../common/random.ts";
import { failure, success } from "../../common/result.ts";
import { EngineSession } from "../../docker/engine-session.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";
import { accountFingerprint } from "../../registry/access.ts";
import { AnswerCache } from "../../registry/answer-cache.ts";
import type { RegistryCredential } from "../../registry/credentials.ts";
import { descriptorBytes, isIndexType, type ManifestDescriptor } from "../../registry/manifest.ts";
import { RateLimits } from "../../registry/rate-limits.ts";
import { familiarName, type ImageReference, taggedName, tagOf } from "../../registry/reference.ts";
import type { CheckRegistry } from "../../updates/check.ts";
import type { TagAnswer } from "../../updates/judgement.ts";
import type { AccessFor } from "../../updates/registry-port.ts";

/** A thousand answers; most hosts never ask this way, and reserve nothing. */
const MAX_ANSWER_BYTES = 512 * 1024;

/** What one daemon told of registries, between its checks: to ask it again would cost a pull. */
export class HostAnswers {
  readonly known: AnswerCache<ManifestDescriptor>;
  readonly limits: RateLimits;

  constructor(clock: Clock, random: Random) {
    this.known = new AnswerCache(clock, MAX_ANSWER_BYTES, descriptorBytes);
    this.limits = new RateLimits(clock, random);
  }
}

export interface HostRegistryOptions {
  readonly target: EngineTarget;
  readonly apiVersion: string;
  readonly accessFor: AccessFor;
  /** Whether nobody on the way to the daemon can read along or pose as it. */
  readonly isProtected: boolean;
  /** False: it is known that the daemon will not tell. */
  readonly available: boolean;
  readonly answers: HostAnswers;
  readonly maxAgeMs: number;
  /** Wall-clock milliseconds; an answer that was asked for earlier is not accepted. */
  readonly notBefore?: number;
  readonly signal: AbortSignal;
}

/** Asks registries through the daemon, over a connection of its own that is opened with the first question. */
export class HostRegistry implements Pick<CheckRegistry, "resolve" | "holds">, Disposable {
  readonly #options: HostRegistryOptions;
  #session: EngineSession | undefined;

  constructor(options: HostRegistryOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    this.#session?.[Symbol.dispose]();
  }

  async resolve(reference: ImageReference, signal: AbortSignal): Promise<Outcome<TagAnswer>> {
    const { accessFor, answers, available, isProtected, maxAgeMs, notBefore } = this.#options;
    const name = `${familiarName(reference)}:${tagOf(reference)}`;
    if (!available) return failure(advised("DistributionUnavailable", `The daemon cannot be asked for ${name}`));
    // Only its credential matters: certificates and mirrors are the daemon's own.
    const access = await accessFor(reference, signal);
    if (!access.ok) return access;
    const { credential } = access.value;
    if (credential !== undefined && !isProtected) {
      return failure(advised("RegistryCredentialsWithheld", `The credentials for ${name} are not sent to the daemon`));
    }
    const account = accountFingerprint(access.value);
    const accepted = { maxAgeMs, signal, ...(notBefore === undefined ? {} : { notBefore }) };
    const answer = await answers.known.get(`${taggedName(reference)} ${account}`, accepted, () =>
      this.#ask(reference, credential, `${reference.domain} ${account}`),
    );
    // The session ends with the same signal, and what it then says is not the registry's doing.
    signal.throwIfAborted();
    return answer.ok ? success({ ...answer.value, answeredBy: "Host" }) : answer;
  }

  /** The daemon takes a digest in place of the tag. */
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
    const told = await this.#session.askRegistry(apiVersion, { domain, path, tag: tagOf(reference) }, auth);
    if (told.ok) {
      answers.limits.accept(account);
      const { digest, mediaType } = told.value;
      return success({ digest, mediaType, isIndex: isIndexType(mediaType) });
    }
    if (told.failure.reason !== "RegistryRateLimited") return told;
    // The daemon does not pass on when the registry wants to be asked again.
    return failure(answers.limits.refuse(account, { host: domain, status: 429, headers: {}, body: undefined }));
  }
}

/** The value of X-Registry-Auth: base64url with its padding, without which daemons silently ask as nobody. */
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
