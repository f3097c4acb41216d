import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Clock } from "../common/clock.ts";
import { ExpiringCache } from "../common/expiring-cache.ts";
import type { ServerSecurity } from "../common/http-server.ts";
import type { ApiClient } from "./api-client.ts";
import { isRecord } from "./kube-object.ts";

/** `unavailable`: the API server could not be asked, so nobody is let in. */
export type AccessDecision = "allowed" | "unauthenticated" | "forbidden" | "unavailable";

const TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews";
const ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
/** How long an answer of the API server is believed; a permission that is taken away ends then. */
const ALLOWED_MS = 60_000;
const REFUSED_MS = 10_000;
const MAX_KNOWN = 256;
/** The memory for remembered answers, in two caches. It is enough for some hundreds of them. */
const MAX_BYTES = 64 * 1024;
/** Tokens of Kubernetes have about 1 KiB. */
const LONGEST_TOKEN = 8 * 1024;
/** Anybody who reaches the port can invent tokens, each of which costs calls to the API server. */
const MAX_REVIEWS = 8;
const CALL_MS = 5_000;

export type AccessAttributes =
  | { readonly nonResourceAttributes: { readonly path: string; readonly verb: string } }
  | {
      readonly resourceAttributes: {
        readonly group: string;
        readonly resource: string;
        readonly verb: string;
        /** Undefined means all namespaces. */
        readonly namespace?: string | undefined;
      };
    };

/** Serves over TLS, and only to clients that are let in. */
export interface AccessGuard extends ServerSecurity {
  /** Decides about a client by its header `Authorization`. */
  decide(authorization: string | undefined): Promise<AccessDecision>;
}

export interface RequestAuthorizerOptions {
  readonly client: Pick<ApiClient, "raw">;
  /** What a client needs to be allowed, all of it, as in the spec of a SubjectAccessReview. */
  readonly access: readonly AccessAttributes[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Lets the API server say who a client is (TokenReview), and whether it is allowed something (SubjectAccessReview). */
export class RequestAuthorizer {
  readonly #options: RequestAuthorizerOptions;
  /**
   * The keys are digests, so that no token stays in memory. Refusals are kept apart, or invented tokens could push out
   * valid ones.
   */
  readonly #allowed: ExpiringCache<{ readonly decision: AccessDecision }>;
  readonly #refused: ExpiringCache<{ readonly decision: AccessDecision }>;
  /** Digests of tokens that were allowed before: clients that invent tokens must not keep these waiting. */
  readonly #regular = new LRUCache<string, true>({ max: MAX_KNOWN });
  readonly #reviews = new Map<string, Promise<AccessDecision>>();

  constructor(options: RequestAuthorizerOptions) {
    this.#options = options;
    this.#allowed = new ExpiringCache(options.clock, MAX_BYTES, () => 0);
    this.#refused = new ExpiringCache(options.clock, MAX_BYTES, () => 0);
  }

  /** @param authorization the header of the request */
  async decide(authorization: string | undefined): Promise<AccessDecision> {
    const token = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined || token.length > LONGEST_TOKEN) return "unauthenticated";
    const key = createHash("sha256").update(token).digest("base64");
    const known = (this.#allowed.get(key) ?? this.#refused.get(key))?.decision ?? this.#reviews.get(key);
    if (known !== undefined) return await known;
    if (this.#reviews.size >= MAX_REVIEWS && !this.#regular.has(key)) return "unavailable";
    const review = this.#review(token).finally(() => this.#reviews.delete(key));
    this.#reviews.set(key, review);
    const decision = await review;
    if (decision === "allowed") {
      this.#allowed.set(key, { decision }, ALLOWED_MS);
      this.#regular.set(key, true);
    } else if (decision !== "unavailable") {
      this.#refused.set(key, { decision }, REFUSED_MS);
      this.#regular.delete(key);
    }
    return decision;
  }

  async #review(token: string): Promise<AccessDecision> {
    const reviewed = await this.#create(TOKEN_REVIEWS, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token },
    });
    if (reviewed === undefined) return "unavailable";
    const { user } = reviewed;
    if (reviewed.authenticated !== true || !isRecord(user)) return "unauthenticated";
    const { username, uid, groups, extra } = user;
    for (const attributes of this.#options.access) {
      const access = await this.#create(ACCESS_REVIEWS, {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: username, uid, groups, extra, ...attributes },
      });
      if (access === undefined) return "unavailable";
      if (access.allowed !== true) return "forbidden";
    }
    return "allowed";
  }

  /** Returns the status of the review; undefined if there is none. */
  async #create(path: string, body: object): Promise<Record<string, unknown> | undefined> {
    const { client, signal } = this.#options;
    const answer = await client.raw(path, { signal, body, timeoutMs: CALL_MS });
    if (!answer.ok || !isRecord(answer.value) || !isRecord(answer.value.status)) return undefined;
    return answer.value.status;
  }
}
