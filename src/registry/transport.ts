import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import type { Reach } from "../common/dial-guard.ts";
import { failure, success } from "../common/result.ts";
import type { RegistryAccess } from "./access.ts";
import type { RegistryConnections } from "./connections.ts";
import { registryFailure } from "./failures.ts";
import { type HttpRequest, type HttpResponse, sendRequest } from "./http.ts";
import { reachFrom, type Sender } from "./reach.ts";
import type { TokenRequest } from "./token-service.ts";
import type { RegistryTrust } from "./trust.ts";

const TIMEOUT_MS = 30_000;
const MAX_TOKEN_BYTES = 256 * 1024;
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

type BoundedRequest = Pick<HttpRequest, "method" | "url" | "headers" | "body" | "maxBodyBytes"> & {
  readonly access: RegistryAccess;
};

export interface RegistryRequest extends BoundedRequest {
  readonly authorization: string | undefined;
}

export interface RegistryResponse extends HttpResponse {
  /** False after a redirect to another host, which was shown no credential. */
  readonly fromRegistry: boolean;
}

/** Requests to registries and their token services; knows what may be shown to whom. */
export class RegistryTransport {
  readonly #connections: RegistryConnections;
  readonly #clock: Clock;

  constructor(connections: RegistryConnections, clock: Clock) {
    this.#connections = connections;
    this.#clock = clock;
  }

  /**
   * Follows redirects, never from an encrypted to an unencrypted address. Only the registry's own host is shown the
   * credential and the client certificate.
   */
  async send(request: RegistryRequest, signal: AbortSignal): Promise<Outcome<RegistryResponse>> {
    const home = request.url.host;
    let url = request.url;
    let reach: Reach = "anywhere";
    for (let redirects = 0; ; redirects++) {
      const fromRegistry = url.host === home;
      const authorization = fromRegistry ? request.authorization : undefined;
      const headers = { ...request.headers, ...(authorization !== undefined && { Authorization: authorization }) };
      const answer = await this.#exchange({ ...request, url, headers }, { mayShowPair: fromRegistry, reach }, signal);
      if (!answer.ok) return answer;
      if (!REDIRECTS.has(answer.value.status)) return success({ ...answer.value, fromRegistry });

      const next = redirectTarget(url, answer.value.headers.location);
      if (next === undefined || redirects === MAX_REDIRECTS) {
        return failure(registryFailure("RegistryBadResponse", home, "it redirects to where a registry must not"));
      }
      reach = reachFrom({ url, address: answer.value.address }, next);
      url = next;
    }
  }

  /** `registry`: whose challenge is answered; its client certificate is shown to no other host. */
  requestToken(request: TokenRequest, registry: Sender, access: RegistryAccess, signal: AbortSignal) {
    const mayShowPair = request.url.hostname === registry.url.hostname;
    const reach = reachFrom(registry, request.url);
    return this.#exchange({ ...request, access, maxBodyBytes: MAX_TOKEN_BYTES }, { mayShowPair, reach }, signal);
  }

  #exchange(
    request: BoundedRequest,
    { mayShowPair, reach }: { readonly mayShowPair: boolean; readonly reach: Reach },
    signal: AbortSignal,
  ): Promise<Outcome<HttpResponse>> {
    const { trust } = request.access;
    const shown: RegistryTrust = mayShowPair ? trust : { roots: trust.roots };
    return sendRequest(
      {
        ...request,
        headers: { "User-Agent": "dockerhost-operator", ...request.headers },
        agent: this.#connections.agentFor(request.url, shown, reach),
        showsPair: request.url.protocol === "https:" && (shown.clientPairs ?? []).length > 0,
        timeoutMs: TIMEOUT_MS,
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
