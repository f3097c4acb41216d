import type { Failure, Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { ExpiringCache } from "../common/expiring-cache.ts";
import { failure, success } from "../common/result.ts";
import { accessFingerprint, hostOf, originOf, type RegistryTarget, wayOf } from "./access.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { isLimited } from "./limit-words.ts";
import { sendPatiently } from "./patience.ts";
import type { RateLimits } from "./rate-limits.ts";
import { lineBreakIn } from "./registry-credentials.ts";
import { registryFailure } from "./registry-failure.ts";
import { SharedTasks } from "./shared-tasks.ts";
import { statusFailure } from "./status-failure.ts";
import { pullScope, scopesToTry } from "./token-scope.ts";
import { basicHeader, readToken, tokenRequest } from "./token-service.ts";
import type { RegistryTransport } from "./transport.ts";

const MAX_KNOWN_BYTES = 8 * 1024 * 1024;
/** A token is no longer used when it expires in less than this. */
const MARGIN_MS = 5_000;
/**
 * For a header that does not expire: it is requested again after this time, because the registry may have changed its
 * rules.
 */
const LASTING_MS = 3_600_000;
const ANY_TIME = { now: 0, notBefore: 0 };

/** What last gave access to a repository. The credential itself is not kept, because every caller has it. */
interface Token {
  /** Undefined if the credential is sent as it is. */
  readonly token: string | undefined;
}

/** The WWW-Authenticate header of a 401, and the scope to request from a token service. */
export interface ScopedChallenge {
  readonly header: string;
  readonly scope: string;
  /** The address that answered, which decides which token services may be used. */
  readonly address: string | undefined;
}

/**
 * Answers the challenges of registries, and remembers the answers for each repository and access. Credentials are sent
 * only after a challenge: some registries refuse valid anonymous requests if they carry invalid credentials.
 */
export class Authorizer {
  readonly #transport: RegistryTransport;
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  readonly #known: ExpiringCache<Token>;
  readonly #inFlight = new SharedTasks<Outcome<string>>();

  constructor(transport: RegistryTransport, limits: RateLimits, clock: Clock) {
    this.#transport = transport;
    this.#limits = limits;
    this.#clock = clock;
    this.#known = new ExpiringCache(clock, MAX_KNOWN_BYTES, ({ token = "" }) => token.length);
  }

  /** The Authorization header that last worked. */
  known(target: RegistryTarget): string | undefined {
    const known = this.#known.get(keyOf(target));
    if (known === undefined) return undefined;
    return known.token === undefined ? ownHeader(target) : bearerHeader(known.token);
  }

  forget(target: RegistryTarget): void {
    this.#known.delete(keyOf(target));
  }

  /**
   * The scopes to try one after the other. There is at least one, which is ignored if the challenge does not name a
   * token service.
   */
  scopesOf(target: RegistryTarget, header: string): readonly string[] {
    const bearer = bearerOf(parseChallenges(header));
    const isFixed = bearer === undefined || target.access.credential?.kind === "registryToken";
    return isFixed ? [pullScope(target.path)] : scopesToTry(bearer, target.path);
  }

  /**
   * Explains why the registry refused the header with which its own challenge was answered. Token services also issue
   * tokens without any permissions, so a refused token does not mean that the credentials are wrong.
   */
  refused(target: RegistryTarget, header: string): Failure {
    this.forget(target);
    if (target.access.credential === undefined) return credentialsRequired(target);
    if (header.startsWith("Basic ")) return rejected(target, "it");
    const problem = `the credentials of the pull Secret give no access to ${target.path} (401)${lineBreakHint(target)}`;
    return registryFailure("RegistryAccessDenied", hostOf(target), problem);
  }

  /**
   * Returns the Authorization header that answers a 401 with this WWW-Authenticate header. Concurrent callers that need
   * the same header share one request. Rejects only with the reason of the signal.
   */
  answer(target: RegistryTarget, challenge: ScopedChallenge, signal: AbortSignal): Promise<Outcome<string>> {
    const key = `${challenge.scope} ${keyOf(target)}`;
    return this.#inFlight.join(key, ANY_TIME, signal, (shared) => this.#answer(target, challenge, shared));
  }

  async #answer(target: RegistryTarget, challenge: ScopedChallenge, signal: AbortSignal): Promise<Outcome<string>> {
    this.forget(target);
    const challenges = parseChallenges(challenge.header);
    const bearer = bearerOf(challenges);
    if (bearer !== undefined) return this.#answerBearer(target, bearer, challenge, signal);
    if (challenges.some(({ scheme }) => scheme === "basic")) return this.#answerBasic(target);
    return failure(
      registryFailure("RegistryBadResponse", hostOf(target), "it answered 401 without a usable challenge"),
    );
  }

  #answerBasic(target: RegistryTarget): Outcome<string> {
    const { credential } = target.access;
    if (credential === undefined) return failure(credentialsRequired(target));
    if (credential.kind === "basic") return this.#keep(target, basicHeader(credential), undefined, LASTING_MS);
    return failure(
      authenticationFailed(target, "it wants a user name and a password, and the pull Secret has a token"),
    );
  }

  async #answerBearer(
    target: RegistryTarget,
    challenge: Challenge,
    { scope, address }: ScopedChallenge,
    signal: AbortSignal,
  ): Promise<Outcome<string>> {
    const { credential, insecure } = target.access;
    const host = hostOf(target);
    if (credential?.kind === "registryToken") {
      return this.#keep(target, bearerHeader(credential.token), undefined, LASTING_MS);
    }

    const request = tokenRequest(challenge, scope, credential, insecure);
    if (typeof request === "string") return failure(registryFailure("RegistryBadResponse", host, request));
    const registry = { url: originOf(target), address };
    const send = () => this.#transport.requestToken(request, registry, target, signal);
    const answer = await sendPatiently(send, this.#clock, signal);
    if (!answer.ok) return answer;

    const { status, body } = answer.value;
    const service = request.url.host;
    if (isLimited(answer.value)) return failure(this.#limits.refuse(wayOf(target), { ...answer.value, host: service }));
    if (status === 401 || status === 403) {
      return failure(
        credential === undefined
          ? credentialsRequired(target)
          : rejected(target, `its token service ${service}`, status),
      );
    }
    if (status >= 500) return failure(statusFailure(status, service, "a token"));
    const token = status === 200 && body !== undefined ? readToken(body.toString("utf8")) : undefined;
    if (token === undefined) {
      const isRedirect = status >= 300 && status < 400;
      const problem = isRedirect
        ? `its token service ${service} redirects to where credentials are not sent (${status})`
        : `its token service ${service} gave no token (status ${status})`;
      return failure(registryFailure("RegistryBadResponse", host, problem));
    }
    return this.#keep(target, bearerHeader(token.value), token.value, token.lifetimeMs - MARGIN_MS);
  }

  #keep(target: RegistryTarget, header: string, token: string | undefined, lifetimeMs: number): Outcome<string> {
    this.#known.set(keyOf(target), { token }, lifetimeMs);
    return success(header);
  }
}

/** The header that contains the credential as it is. */
function ownHeader({ access: { credential } }: RegistryTarget): string | undefined {
  if (credential?.kind === "basic") return basicHeader(credential);
  return credential?.kind === "registryToken" ? bearerHeader(credential.token) : undefined;
}

function bearerHeader(token: string): string {
  return `Bearer ${token}`;
}

function bearerOf(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ scheme }) => scheme === "bearer");
}

function credentialsRequired(target: RegistryTarget): Failure {
  return registryFailure(
    "RegistryCredentialsRequired",
    hostOf(target),
    `${target.path} cannot be pulled anonymously (401)`,
  );
}

function rejected(target: RegistryTarget, by: string, status = 401): Failure {
  return authenticationFailed(target, `${by} rejects the credentials (${status})${lineBreakHint(target)}`);
}

function lineBreakHint({ access: { credential } }: RegistryTarget): string {
  const part = credential === undefined ? undefined : lineBreakIn(credential);
  return part === undefined ? "" : `; the ${part} ends with a line break, which is sent as part of it`;
}

function authenticationFailed(target: RegistryTarget, problem: string): Failure {
  return registryFailure("RegistryAuthenticationFailed", hostOf(target), problem);
}

function keyOf({ domain, path, access }: RegistryTarget): string {
  return `${domain}/${path} ${accessFingerprint(access)}`;
}
