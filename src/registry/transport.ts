import type { Outcome } from "../api/failure.ts";
import { ByteBudget } from "../common/byte-budget.ts";
import type { Clock } from "../common/clock.ts";
import type { Reach } from "../common/dial-guard.ts";
import { failure, success } from "../common/result.ts";
import type { RegistryAccess } from "./access.ts";
import type { RegistryConnections } from "./connections.ts";
import { type HttpRequest, type HttpResponse, sendRequest } from "./http.ts";
import { reachFrom, type Sender } from "./reach.ts";
import { registryFailure } from "./registry-failure.ts";
import type { TokenRequest } from "./token-service.ts";
import type { RegistryTrust } from "./trust.ts";

const TIMEOUT_MS = 30_000;
const MAX_TOKEN_BYTES = 256 * 1024;
/** Memory for all bodies that are being read, shared fairly between namespaces. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const LARGEST_BODY_BYTES = 8 * 1024 * 1024;
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Stays a POST with its body after a redirect. */
const KEEP_METHOD: ReadonlySet<number> = new Set([307, 308]);

type BoundedRequest = Pick<HttpRequest, "method" | "url" | "headers" | "body" | "maxBodyBytes"> & {
  readonly access: RegistryAccess;
  /** The namespace for which the request is made. */
  readonly owner?: string | undefined;
};

export interface RegistryRequest extends BoundedRequest {
  readonly authorization: string | undefined;
  /** What to send to another host to which the registry redirects: only what that host gives to everyone. */
  readonly anonymousAuthorization?: (url: URL) => string | undefined;
  /** The networks that the first request may reach; by default, all that the installation allows. */
  readonly reach?: Reach;
}

export interface RegistryResponse extends HttpResponse {
  /** False after a redirect to another host, which received no credential. */
  readonly fromRegistry: boolean;
  /** Who answered, after all redirects. */
  readonly url: URL;
  /** The networks in which it may be reached. */
  readonly reach: Reach;
}

/** Sends requests to registries and their token services, and decides which credentials each may receive. */
export class RegistryTransport {
  readonly #connections: RegistryConnections;
  readonly #clock: Clock;
  readonly #bodies: ByteBudget;

  constructor(connections: RegistryConnections, clock: Clock) {
    this.#connections = connections;
    this.#clock = clock;
    this.#bodies = new ByteBudget({ total: MAX_BODY_BYTES, largest: LARGEST_BODY_BYTES, clock });
  }

  /**
   * Follows redirects, but never from an encrypted to an unencrypted address. Only the registry's own host receives the
   * credential and the client certificate.
   */
  async send(request: RegistryRequest, signal: AbortSignal): Promise<Outcome<RegistryResponse>> {
    const home = request.url.host;
    let url = request.url;
    let reach = request.reach ?? "anywhere";
    for (let redirects = 0; ; redirects++) {
      const fromRegistry = url.host === home;
      const authorization = fromRegistry ? request.authorization : request.anonymousAuthorization?.(url);
      const headers = { ...request.headers, ...(authorization !== undefined && { Authorization: authorization }) };
      const answer = await this.#exchange({ ...request, url, headers }, { mayShowPair: fromRegistry, reach }, signal);
      if (!answer.ok) return answer;
      if (!REDIRECTS.has(answer.value.status)) {
        return success({ ...answer.value, fromRegistry, url, reach });
      }

      const next = redirectTarget(url, answer.value.headers.location);
      if (next === undefined || redirects === MAX_REDIRECTS) {
        return failure(registryFailure("RegistryBadResponse", home, "it redirects to where a registry must not"));
      }
      reach = reachFrom({ url, address: answer.value.address }, next);
      url = next;
    }
  }

  /**
   * Follows a redirect only if the same service serves its tokens at another address, because the request may contain
   * credentials.
   * @param registry the registry whose challenge is answered; its client certificate is not shown to any other host
   */
  async requestToken(
    request: TokenRequest,
    registry: Sender,
    { access, owner }: Pick<BoundedRequest, "access" | "owner">,
    signal: AbortSignal,
  ): Promise<Outcome<HttpResponse>> {
    const mayShowPair = request.url.hostname === registry.url.hostname;
    const reach = reachFrom(registry, request.url);
    let { url } = request;
    for (let redirects = 0; ; redirects++) {
      const bounded = { ...request, url, access, owner, maxBodyBytes: MAX_TOKEN_BYTES };
      const answer = await this.#exchange(bounded, { mayShowPair, reach }, signal);
      if (!answer.ok || !REDIRECTS.has(answer.value.status)) return answer;
      const next = redirectTarget(url, answer.value.headers.location);
      const keepsBody = request.method === "GET" || KEEP_METHOD.has(answer.value.status);
      const isSameService =
        next?.hostname === url.hostname && (next.port === url.port || next.protocol !== url.protocol);
      if (next === undefined || !isSameService || !keepsBody || redirects === MAX_REDIRECTS) return answer;
      url = next;
    }
  }

  async #exchange(
    request: BoundedRequest,
    { mayShowPair, reach }: { readonly mayShowPair: boolean; readonly reach: Reach },
    signal: AbortSignal,
  ): Promise<Outcome<HttpResponse>> {
    const { trust } = request.access;
    const shown: RegistryTrust = mayShowPair ? trust : { roots: trust.roots };
    return await sendRequest(
      {
        ...request,
        // Digests refer to the stored bytes, not to what a proxy makes of them on the way.
        headers: { "User-Agent": "dockerhost-operator", "Accept-Encoding": "identity", ...request.headers },
        proxy: this.#connections.proxyFor(request.url),
        agent: () => this.#connections.agentFor(request.url, shown, reach),
        showsPair: request.url.protocol === "https:" && (shown.clientPairs ?? []).length > 0,
        timeoutMs: TIMEOUT_MS,
        room: (takeBack) => this.#bodies.lease(request.owner ?? "", takeBack),
      },
      this.#clock,
      signal,
    );
  }
}

function redirectTarget(from: URL, location: string | undefined): URL | undefined {
  const target = location === undefined ? null : URL.parse(location, from.href);
  if (target === null) return undefined;
  const allowed = target.protocol === "https:" || (target.protocol === "http:" && from.protocol === "http:");
  return allowed && target.username === "" && target.password === "" ? target : undefined;
}
