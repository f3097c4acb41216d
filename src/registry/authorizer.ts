import { LRUCache } from "lru-cache";
import type { Failure, Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { failure, success } from "../common/result.ts";
import { accessFingerprint, hostOf, originOf, type RegistryTarget, wayOf } from "./access.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { registryFailure } from "./failures.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { Sender } from "./reach.ts";
import { SharedTasks } from "./shared-tasks.ts";
import { statusFailure } from "./status-failure.ts";
import { basicHeader, readToken, tokenRequest } from "./token-service.ts";
import type { RegistryTransport } from "./transport.ts";

const MAX_KNOWN = 10_000;
/** How long before its end a token is no longer used. */
const MARGIN_MS = 5_000;
/** A header that does not end by itself: asked for anew now and then, since the registry may have changed its mind. */
const LASTING_MS = 3_600_000;
const ANY_TIME = { now: 0, notBefore: 0 };

interface Known {
  readonly header: string;
  /** On the monotonic clock. */
  readonly until: number;
}

/**
 * Answers the challenges of registries, and remembers the answers by repository and access. Credentials are shown to
 * nobody who did not ask for them: some registries refuse good anonymous requests that carry bad credentials.
 */
export class Authorizer {
  readonly #transport: RegistryTransport;
  readonly #clock: Clock;
  readonly #limits: RateLimits;
  readonly #known = new LRUCache<string, Known>({ max: MAX_KNOWN });
  readonly #inFlight = new SharedTasks<Outcome<string>>();

  constructor(transport: RegistryTransport, limits: RateLimits, clock: Clock) {
    this.#transport = transport;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** The Authorization header that worked lately. */
  known(target: RegistryTarget): string | undefined {
    const known = this.#known.get(keyOf(target));
    return known !== undefined && known.until > this.#clock.monotonic() ? known.header : undefined;
  }

  forget(target: RegistryTarget): void {
    this.#known.delete(keyOf(target));
  }

  /**
   * What it means that the registry refused the header by which its own challenge was answered. Token services give out
   * tokens without any rights too, so that the refusal of a token says nothing of the credentials.
   */
  refused(target: RegistryTarget, header: string): Failure {
    this.forget(target);
    if (target.access.credential === undefined) return credentialsRequired(target);
    if (header.startsWith("Basic ")) return authenticationFailed(target, "it rejects the credentials (401)");
    const problem = `the credentials of the pull Secret give no access to ${target.path} (401)`;
    return registryFailure("RegistryAccessDenied", hostOf(target), problem);
  }

  /**
   * The Authorization header that answers a 401 with this WWW-Authenticate header. Whoever wants the same at the same
   * time gets the same. Rejects only with the reason of the signal.
   * @param address where the registry answered: it decides which token services may be asked
   */
  answer(
    target: RegistryTarget,
    { challenge, address }: { readonly challenge: string; readonly address: string | undefined },
    signal: AbortSignal,
  ): Promise<Outcome<string>> {
    const registry = { url: originOf(target), address };
    return this.#inFlight.join(keyOf(target), ANY_TIME, signal, (shared) =>
      this.#answer(target, challenge, registry, shared),
    );
  }

  async #answer(
    target: RegistryTarget,
    challenge: string,
    registry: Sender,
    signal: AbortSignal,
  ): Promise<Outcome<string>> {
    this.forget(target);
    const challenges = parseChallenges(challenge);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer !== undefined) return this.#answerBearer(target, bearer, registry, signal);
    if (challenges.some(({ scheme }) => scheme === "basic")) return this.#answerBasic(target);
    return failure(
      registryFailure("RegistryBadResponse", hostOf(target), "it answered 401 without a usable challenge"),
    );
  }

  #answerBasic(target: RegistryTarget): Outcome<string> {
    const { credential } = target.access;
    if (credential === undefined) return failure(credentialsRequired(target));
    if (credential.kind === "basic") return this.#keep(target, basicHeader(credential), LASTING_MS);
    return failure(
      authenticationFailed(target, "it wants a user name and a password, and the pull Secret has a token"),
    );
  }

  async #answerBearer(
    target: RegistryTarget,
    challenge: Challenge,
    registry: Sender,
    signal: AbortSignal,
  ): Promise<Outcome<string>> {
    const { credential, insecure } = target.access;
    const host = hostOf(target);
    if (credential?.kind === "registryToken") return this.#keep(target, `Bearer ${credential.token}`, LASTING_MS);

    const request = tokenRequest(challenge, target.path, credential, insecure);
    if (typeof request === "string") return failure(registryFailure("RegistryBadResponse", host, request));
    const answer = await this.#transport.requestToken(request, registry, target.access, signal);
    if (!answer.ok) return answer;

    const { status, body } = answer.value;
    if (status === 401 || status === 403) {
      return failure(
        credential === undefined
          ? credentialsRequired(target)
          : authenticationFailed(target, `its token service ${request.url.host} rejects the credentials (${status})`),
      );
    }
    const service = request.url.host;
    if (status === 429) return failure(this.#limits.refuse(wayOf(target), { ...answer.value, host: service }));
    if (status >= 500) return failure(statusFailure(status, service, "a token"));
    const token = status === 200 && body !== undefined ? readToken(body.toString("utf8")) : undefined;
    if (token === undefined) {
      const problem = `its token service ${service} gave no token (status ${status})`;
      return failure(registryFailure("RegistryBadResponse", host, problem));
    }
    return this.#keep(target, `Bearer ${token.value}`, token.lifetimeMs - MARGIN_MS);
  }

  #keep(target: RegistryTarget, header: string, lifetimeMs: number): Outcome<string> {
    this.#known.set(keyOf(target), { header, until: this.#clock.monotonic() + lifetimeMs });
    return success(header);
  }
}

function credentialsRequired(target: RegistryTarget): Failure {
  return registryFailure(
    "RegistryCredentialsRequired",
    hostOf(target),
    `${target.path} is not shown to everyone (401)`,
  );
}

function authenticationFailed(target: RegistryTarget, problem: string): Failure {
  return registryFailure("RegistryAuthenticationFailed", hostOf(target), problem);
}

function keyOf({ domain, path, access }: RegistryTarget): string {
  return `${domain}/${path} ${accessFingerprint(access)}`;
}
