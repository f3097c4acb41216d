import type { Failure, Outcome } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { failure, success } from "../common/result.ts";
import { accountFingerprint, hostOf, type RegistryTarget, wayOf } from "./access.ts";
import { Authorizer } from "./authorizer.ts";
import { ClientPairs } from "./client-pairs.ts";
import type { RegistryConnections } from "./connections.ts";
import { registryFailure } from "./failures.ts";
import type { RegistryObserver } from "./observer.ts";
import { PullQuota } from "./pull-quota.ts";
import { parseRemaining } from "./rate-limit-header.ts";
import { RateLimits } from "./rate-limits.ts";
import { type RegistryRequest, type RegistryResponse, RegistryTransport } from "./transport.ts";

export interface RegistryRequestsOptions {
  readonly connections: RegistryConnections;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: RegistryObserver | undefined;
}

export interface Question extends Pick<RegistryRequest, "method" | "url" | "headers" | "maxBodyBytes"> {
  /** Whether a registry may count it as a pull: it is then not asked when few of them are left. */
  readonly isPull: boolean;
  /** Whether all client pairs may be tried; else only the one that is tried first. */
  readonly tryPairs: boolean;
}

/** A handshake that fails for another cause fails with each certificate alike. */
const CERTIFICATE_REFUSED: ReadonlySet<Reason> = new Set<Reason>([
  "RegistryClientCertificateRejected",
  "RegistryTLSFailed",
]);
/** After these the next client certificate may be let in. */
const PAIR_REFUSED: ReadonlySet<Reason> = new Set<Reason>([
  ...CERTIFICATE_REFUSED,
  "RegistryCredentialsRequired",
  "RegistryAuthenticationFailed",
  "RegistryAccessDenied",
  "RegistryServerError",
]);
/** Proxies that miss a client certificate answer 400. */
const PAIR_REFUSED_STATUS: ReadonlySet<number> = new Set([400, 401, 403, 404]);
const HEAD_NOT_SERVED = 501;

/**
 * Requests to registries with all that it takes to have them answered: challenges, client certificates, and the limits
 * of the account.
 */
export class RegistryRequests {
  readonly #transport: RegistryTransport;
  readonly #authorizer: Authorizer;
  readonly #limits: RateLimits;
  readonly #quota: PullQuota;
  readonly #pairs = new ClientPairs();
  readonly #observer: RegistryObserver | undefined;

  constructor({ connections, clock, random, observer }: RegistryRequestsOptions) {
    this.#observer = observer;
    this.#limits = new RateLimits(clock, random);
    this.#quota = new PullQuota(clock);
    this.#transport = new RegistryTransport(connections, clock);
    this.#authorizer = new Authorizer(this.#transport, this.#limits, clock);
  }

  /** An answer of any status but 429 and a 401 with a challenge, which are failures. Rejects only with the reason of the signal. */
  async ask(question: Question, target: RegistryTarget, signal: AbortSignal): Promise<Outcome<RegistryResponse>> {
    const ways = this.#pairs.ways(target);
    let telling: Outcome<RegistryResponse> | undefined;
    for (const way of ways) {
      const outcome = await this.#askOneWay(question, way.target, signal);
      if (outcome.ok && outcome.value.status < 400) way.keep();
      if (ways.length === 1 || !question.tryPairs || !isPairRefused(outcome)) return outcome;
      // What was answered to a certificate that was accepted tells more than the refusal of one.
      if (outcome.ok || !CERTIFICATE_REFUSED.has(outcome.failure.reason)) telling ??= outcome;
    }
    return telling ?? failure(rejectedEach(target, ways.length));
  }

  /** One question, its challenge and its answer. */
  async #askOneWay(
    question: Question,
    target: RegistryTarget,
    signal: AbortSignal,
  ): Promise<Outcome<RegistryResponse>> {
    const request = { ...question, access: target.access };
    const known = this.#authorizer.known(target);
    const first = await this.#send({ ...request, authorization: known }, target, signal);
    if (!first.ok || first.value.status !== 401) return first;

    if (!first.value.fromRegistry) {
      const problem = "it redirects to another host, which wants credentials";
      return failure(registryFailure("RegistryBadResponse", hostOf(target), problem));
    }
    const challenge = first.value.headers["www-authenticate"];
    if (challenge === undefined) {
      this.#authorizer.forget(target);
      return first;
    }
    // Another request for the same repository may have got a new one meanwhile.
    const newer = this.#authorizer.known(target);
    const authorization =
      newer !== undefined && newer !== known
        ? success(newer)
        : await this.#authorizer.answer(target, { challenge, address: first.value.address }, signal);
    if (!authorization.ok) return authorization;
    const second = await this.#send({ ...request, authorization: authorization.value }, target, signal);
    if (!second.ok || second.value.status !== 401) return second;
    return failure(this.#authorizer.refused(target, authorization.value));
  }

  async #send(
    request: RegistryRequest & Question,
    target: RegistryTarget,
    signal: AbortSignal,
  ): Promise<Outcome<RegistryResponse>> {
    const account = wayOf(target);
    const held = this.#limits.held(account) ?? (request.isPull ? this.#quota.held(account, hostOf(target)) : undefined);
    if (held !== undefined) return failure(held);
    const sent = await this.#transport.send(request, signal);
    this.#observer?.requestEnded({
      registry: request.url.host,
      owner: target.owner ?? "",
      code: sent.ok ? sent.value.status : undefined,
      account: accountFingerprint(request.access),
      remaining: sent.ok ? parseRemaining(sent.value.headers["ratelimit-remaining"]) : undefined,
    });
    if (!sent.ok) return sent;
    this.#quota.note(account, sent.value.headers);
    if (sent.value.status === 429)
      return failure(this.#limits.refuse(account, { ...sent.value, host: hostOf(target) }));
    this.#limits.accept(account);
    return sent;
  }
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
