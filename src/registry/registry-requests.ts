import { LRUCache } from "lru-cache";
import type { Failure, Outcome } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { failure, success } from "../common/result.ts";
import { accountFingerprint, hostOf, originOf, type RegistryTarget, wayOf } from "./access.ts";
import { Authorizer } from "./authorizer.ts";
import { lacksScope } from "./challenge.ts";
import { ClientPairs } from "./client-pairs.ts";
import type { RegistryConnections } from "./connections.ts";
import { isLimited } from "./limit-words.ts";
import { sendPatiently } from "./patience.ts";
import { PullQuota } from "./pull-quota.ts";
import { parseRemaining } from "./rate-limit-header.ts";
import { RateLimits } from "./rate-limits.ts";
import { registryFailure } from "./registry-failure.ts";
import type { RegistryObserver } from "./registry-observer.ts";
import { type RegistryRequest, type RegistryResponse, RegistryTransport } from "./transport.ts";
import { trustFingerprint } from "./trust.ts";

export interface RegistryRequestsOptions {
  readonly connections: RegistryConnections;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: RegistryObserver | undefined;
}

export interface PreparedRequest extends Pick<RegistryRequest, "method" | "url" | "headers" | "maxBodyBytes"> {
  /** Whether a registry may count it as a pull. It is then not sent if few pulls are left. */
  readonly isPull: boolean;
  /** Whether all client pairs may be tried; otherwise only the one that is tried first. */
  readonly tryPairs: boolean;
}

/** A handshake that fails for another cause fails in the same way with each certificate. */
const CERTIFICATE_REFUSED: ReadonlySet<Reason> = new Set<Reason>([
  "RegistryClientCertificateRejected",
  "RegistryTLSFailed",
]);
/** After one of these statuses, the next client certificate may be accepted. */
const PAIR_REFUSED: ReadonlySet<Reason> = new Set<Reason>([
  ...CERTIFICATE_REFUSED,
  "RegistryCredentialsRequired",
  "RegistryAuthenticationFailed",
  "RegistryAccessDenied",
  "RegistryServerError",
]);
/** Proxies answer 400 if a client certificate is missing. */
const PAIR_REFUSED_STATUS: ReadonlySet<number> = new Set([400, 401, 403, 404]);
const HEAD_NOT_SERVED = 501;
/** After one of these statuses, another scope may give access. */
const SCOPE_REFUSED: ReadonlySet<Reason> = new Set<Reason>([
  "RegistryCredentialsRequired",
  "RegistryAuthenticationFailed",
  "RegistryBadResponse",
]);
/** Not sent to other hosts. */
const SECRETIVE: ReadonlySet<Reason> = new Set<Reason>(["RegistryCredentialsRequired", "RegistryAccessDenied"]);
const MAX_SCOPES_TRIED = 3;
const MAX_SERVED_BYTES = 512 * 1024;

/** Sends requests to registries, and handles challenges, client certificates and the limits of the account. */
export class RegistryRequests {
  readonly #transport: RegistryTransport;
  readonly #authorizer: Authorizer;
  readonly #limits: RateLimits;
  readonly #quota: PullQuota;
  readonly #pairs = new ClientPairs();
  readonly #observer: RegistryObserver | undefined;
  readonly #clock: Clock;
  /** Registries that have served something, with the way in which they were reached. */
  readonly #served = new LRUCache<string, true>({
    maxSize: MAX_SERVED_BYTES,
    sizeCalculation: (_, key) => 2 * key.length + 100,
  });

  constructor({ connections, clock, random, observer }: RegistryRequestsOptions) {
    this.#observer = observer;
    this.#clock = clock;
    this.#limits = new RateLimits(clock, random);
    this.#quota = new PullQuota(clock);
    this.#transport = new RegistryTransport(connections, clock);
    this.#authorizer = new Authorizer(this.#transport, this.#limits, clock);
  }

  /**
   * Whether the registry has served anything lately, which shows that its scheme, its port and the client certificate
   * are right.
   */
  hasServed(target: RegistryTarget): boolean {
    return this.#served.has(servedKey(target));
  }

  /**
   * Returns an answer with any status, except those of a limit and a 401 with a challenge, which are failures. Rejects
   * only with the reason of the signal.
   */
  async ask(request: PreparedRequest, target: RegistryTarget, signal: AbortSignal): Promise<Outcome<RegistryResponse>> {
    const ways = this.#pairs.ways(target);
    let decisive: Outcome<RegistryResponse> | undefined;
    for (const way of ways) {
      const outcome = await this.#askOneWay(request, way.target, signal);
      if (outcome.ok && outcome.value.status < 400) {
        way.keep();
        this.#served.set(servedKey(target), true);
      }
      if (ways.length === 1 || !request.tryPairs || !isPairRefused(outcome)) return outcome;
      // The answer to an accepted certificate is more useful than the refusal of another.
      if (outcome.ok || !CERTIFICATE_REFUSED.has(outcome.failure.reason)) decisive ??= outcome;
    }
    return decisive ?? failure(rejectedEach(target, ways.length));
  }

  /**
   * Sends one request and answers its challenge, then the challenge of another host to which the registry redirects.
   */
  async #askOneWay(
    request: PreparedRequest,
    target: RegistryTarget,
    signal: AbortSignal,
  ): Promise<Outcome<RegistryResponse>> {
    const known = this.#authorizer.known(target);
    let own = await this.#send(request, target, { authorization: known }, signal);
    if (own.ok && own.value.status === 401 && own.value.fromRegistry) {
      own = await this.#answerChallenge(request, target, own.value, known, signal);
    }
    if (!own.ok || own.value.status !== 401 || own.value.fromRegistry) return own;

    const { url } = own.value;
    const stranger = strangerAt(url, target);
    const offered = this.#authorizer.known(stranger);
    const other = await this.#answerChallenge({ ...request, url }, stranger, own.value, offered, signal);
    const isRefused = other.ok ? other.value.status === 401 : SECRETIVE.has(other.failure.reason);
    return isRefused ? failure(wantsCredentials(target, url)) : other;
  }

  /** Sends the request again as the challenge of a 401 demands; returns the 401 itself if it has no challenge. */
  async #answerChallenge(
    request: PreparedRequest,
    target: RegistryTarget,
    refused: RegistryResponse,
    shown: string | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<RegistryResponse>> {
    const header = refused.headers["www-authenticate"];
    if (header === undefined) {
      this.#authorizer.forget(target);
      return success(refused);
    }
    let outcome: Outcome<RegistryResponse> = success(refused);
    const scopes = [...this.#authorizer.scopesOf(target, header)];
    for (const scope of scopes) {
      // Another request for the same repository may have got a new one in the meantime.
      const newer = this.#authorizer.known(target);
      const authorization =
        newer !== undefined && newer !== shown
          ? success(newer)
          : await this.#authorizer.answer(target, { header, scope, address: refused.address }, signal);
      if (!authorization.ok) {
        outcome = authorization;
        if (!SCOPE_REFUSED.has(authorization.failure.reason)) return outcome;
        continue;
      }
      const { reach } = refused;
      const sent = await this.#send(request, target, { authorization: authorization.value, reach }, signal);
      if (!sent.ok || !sent.value.fromRegistry) return sent;
      const { status, headers } = sent.value;
      const again = headers["www-authenticate"] ?? "";
      const isScopeRefused = status === 401 || (status === 403 && lacksScope(again));
      if (!isScopeRefused) return sent;
      const denied = this.#authorizer.refused(target, authorization.value);
      outcome = status === 401 ? failure(denied) : sent;
      // Some registries name the scope only after they have seen a token without it.
      const more = again === "" ? [] : this.#authorizer.scopesOf(target, again);
      const left = MAX_SCOPES_TRIED - scopes.length;
      scopes.push(...more.filter((named) => !scopes.includes(named)).slice(0, left));
    }
    return outcome;
  }

  async #send(
    request: PreparedRequest,
    target: RegistryTarget,
    shown: Pick<RegistryRequest, "authorization" | "reach">,
    signal: AbortSignal,
  ): Promise<Outcome<RegistryResponse>> {
    const account = wayOf(target);
    const held = this.#limits.held(account) ?? (request.isPull ? this.#quota.held(account, hostOf(target)) : undefined);
    if (held !== undefined) return failure(held);
    const whole = {
      ...request,
      ...shown,
      access: target.access,
      owner: target.owner,
      anonymousAuthorization: (url: URL) => this.#authorizer.known(strangerAt(url, target)),
    };
    const exchange = async () => {
      const sent = await this.#transport.send(whole, signal);
      this.#observer?.requestEnded({
        registry: request.url.host,
        owner: target.owner ?? "",
        code: sent.ok ? sent.value.status : undefined,
        account: accountFingerprint(whole.access),
        remaining: sent.ok ? parseRemaining(sent.value.headers["ratelimit-remaining"]) : undefined,
      });
      return sent;
    };
    const sent = await sendPatiently(exchange, this.#clock, signal);
    if (!sent.ok) return sent;
    this.#quota.note(account, sent.value.headers);
    if (isLimited(sent.value)) {
      return failure(this.#limits.refuse(account, { ...sent.value, host: hostOf(target) }));
    }
    // The challenge to an expired token does not mean that the limit is over.
    if (sent.value.status !== 401) this.#limits.accept(account);
    return sent;
  }
}

function servedKey(target: RegistryTarget): string {
  return `${originOf(target).origin} ${trustFingerprint(target.access.trust)}`;
}

/**
 * Asks another host, to which the registry redirects, anonymously: the credential and the client certificate are only
 * for the registry.
 */
function strangerAt(url: URL, { path, access, owner }: RegistryTarget): RegistryTarget {
  const [, own = path] = /^\/v2\/(.+)\/(?:manifests|tags)\//.exec(url.pathname) ?? [];
  return {
    domain: url.host,
    path: own,
    access: { trust: { roots: access.trust.roots }, insecure: url.protocol === "http:" },
    ...(owner !== undefined && { owner }),
  };
}

function wantsCredentials(target: RegistryTarget, { host }: URL): Failure {
  const problem = `it redirects to ${host}, which wants credentials; they are never sent there, so use the image's name on ${host}`;
  return registryFailure("RegistryBadResponse", hostOf(target), problem);
}

function isPairRefused(outcome: Outcome<RegistryResponse>): boolean {
  if (!outcome.ok) return PAIR_REFUSED.has(outcome.failure.reason);
  const { status } = outcome.value;
  return PAIR_REFUSED_STATUS.has(status) || (status >= 500 && status !== HEAD_NOT_SERVED);
}

function rejectedEach(target: RegistryTarget, pairs: number): Failure {
  const problem = `it rejected each of the ${pairs} client certificates`;
  return registryFailure("RegistryClientCertificateRejected", hostOf(target), problem);
}
