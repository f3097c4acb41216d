import * as http from "node:http";
import * as https from "node:https";
import type { Outcome } from "../api/failure.ts";
import { readBounded } from "../common/bounded-body.ts";
import type { ByteLease } from "../common/byte-budget.ts";
import type { Clock } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import { watchForRetry } from "../common/kept-connection.ts";
import { failure, success } from "../common/result.ts";
import { ChainOverlooked } from "./chain-check.ts";
import { decodedBody } from "./content-encoding.ts";
import { literalAddress, type RegistryProxy } from "./proxy.ts";
import { ProxyFailed, refusal } from "./proxy-agent.ts";
import { classifyError } from "./transport-failure.ts";

export interface HttpRequest {
  readonly method: "HEAD" | "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Called for each try. */
  readonly agent: () => http.Agent;
  /** Whether the agent has a client certificate to show, for messages. */
  readonly showsPair: boolean;
  readonly maxBodyBytes: number;
  /** Reserves memory for the body; `takeBack` ends the request if others are waiting for that memory. */
  readonly room: (takeBack: (error: Error) => void) => ByteLease;
  /** The proxy through which the agent connects, if any. */
  readonly proxy?: RegistryProxy | undefined;
  /** The namespace for which the request is made. */
  readonly owner?: string | undefined;
  /** Covers the whole exchange: connecting, headers and body. */
  readonly timeoutMs: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Undefined if it was larger than allowed. */
  readonly body: Buffer | undefined;
  /** The address that answered; undefined if the connection was closed before it could be read. */
  readonly address: string | undefined;
}

/**
 * Makes one exchange without following redirects. Errors of the connection become failures with a reason; if the
 * caller's signal fires, this rejects with the signal's reason.
 */
export async function sendRequest(
  request: HttpRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<Outcome<HttpResponse>> {
  signal.throwIfAborted();
  using deadline = startDeadline(signal, `the answer of ${request.url.host}`, request.timeoutMs, clock);
  try {
    return success(await exchange(request, deadline.signal));
  } catch (error) {
    signal.throwIfAborted();
    const cause = deadline.signal.aborted ? deadline.signal.reason : error;
    return failure(classifyError(cause, request.url.host, request.showsPair));
  }
}

async function exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  for (let hasReconnected = false; ; ) {
    signal.throwIfAborted();
    const send = request.url.protocol === "https:" ? https.request : http.request;
    const options: http.RequestOptions & { readonly owner: string } = {
      method: request.method,
      headers: request.headers,
      agent: request.agent(),
      // For the agent, which passes it on to what it does with a new connection.
      owner: request.owner ?? "",
      ...(await forwarded(request)),
    };
    const outgoing = send(request.url, options);
    const mayRetry = watchForRetry(outgoing);
    // Node's own signal option destroys the socket with an error. Just after the answer has arrived, that socket has no
    // listener, and the error would end the process.
    const abort = () => outgoing.destroy();
    signal.addEventListener("abort", abort, { once: true });
    let takenBack: Error | undefined;
    using room = request.room((error) => {
      takenBack = error;
      outgoing.destroy();
    });
    // Node drops the address together with the connection, so it is read now.
    outgoing.once("socket", (socket) => {
      if (socket.connecting) socket.once("connect", () => socket.remoteAddress);
    });
    try {
      const response = await responseTo(outgoing, request.body);
      // Through a proxy, this is the address of the proxy.
      const address = request.proxy === undefined ? response.socket.remoteAddress : literalAddress(request.url);
      if (isForwarded(request) && response.statusCode === PROXY_AUTHENTICATION) {
        response.resume();
        throw new ProxyFailed(refusal(PROXY_AUTHENTICATION));
      }
      // An answer to HEAD names the encoding that a body would have.
      const stream = request.method === "HEAD" ? response : decodedBody(response);
      const body = await readBounded(stream, request.maxBodyBytes, (bytes) => room.grow(bytes, signal));
      return { status: response.statusCode ?? 0, headers: response.headers, body, address };
    } catch (error) {
      if (takenBack !== undefined) throw takenBack;
      const mayReconnect: boolean = !hasReconnected && wasOverlooked(error);
      if (signal.aborted || (!mayReconnect && !mayRetry(error))) throw error;
      hasReconnected ||= mayReconnect;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

const PROXY_AUTHENTICATION = 407;

/** A proxy that forwards a request needs the whole URL and its own credentials in each request. */
async function forwarded(request: HttpRequest): Promise<http.RequestOptions> {
  const { url, headers, proxy } = request;
  if (proxy === undefined || !isForwarded(request)) return {};
  const authorization = await proxy.authorization();
  if (!authorization.ok) throw new ProxyFailed(`the proxy cannot be used: ${authorization.failure}`);
  const own = authorization.value === undefined ? {} : { "Proxy-Authorization": authorization.value };
  return { path: `${url.origin}${url.pathname}${url.search}`, headers: { ...headers, ...own } };
}

function isForwarded({ url, proxy }: HttpRequest): boolean {
  return proxy !== undefined && url.protocol === "http:";
}

/** Nothing was sent during such a handshake. */
function wasOverlooked(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof ChainOverlooked;
}

function responseTo(outgoing: http.ClientRequest, body: string | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    // An answer that switches protocols closes the connection without an error.
    outgoing.on("close", () => reject(new Error("the connection was closed without an answer")));
    outgoing.end(body);
  });
}
