import * as http from "node:http";
import * as https from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Registry } from "prom-client";
import { type Listening, type ListenOptions, listen } from "../../common/http-listener.ts";
import type { Logger } from "../../common/logger.ts";
import { failure, type Result } from "../../common/result.ts";
import type { ServerPair } from "../../common/x509/self-signed.ts";
import type { AccessVerdict } from "../../runtime/request-authorizer.ts";

export interface MetricsServerOptions extends ListenOptions {
  /** Returns the text to serve. */
  readonly collect: () => Promise<string>;
  readonly logger: Logger;
  /** Serves over TLS, and only to clients that are let in. */
  readonly secure?: MetricsSecurity | undefined;
}

export interface MetricsSecurity {
  readonly pair: ServerPair;
  /** Calls back with each pair that replaces the former one. */
  follow(onChange: (pair: ServerPair) => void, signal: AbortSignal): void;
  /** Judges a client by its header `Authorization`. */
  judge(authorization: string | undefined): Promise<AccessVerdict>;
}

const compress = promisify(gzip);

/**
 * Serves `/metrics` in Prometheus' text format, without `secure` to anyone who can reach the port: nothing in it is
 * secret, but it names hosts and namespaces. A failure is a sentence for the user.
 */
export async function serveMetrics({
  collect,
  logger,
  secure,
  ...address
}: MetricsServerOptions): Promise<Result<Listening, string>> {
  // Rendering the metrics of a fleet takes time, so requests that arrive meanwhile share the result.
  let scrape: Promise<string> | undefined;
  const shared = () => {
    scrape ??= collect().finally(() => {
      scrape = undefined;
    });
    return scrape;
  };
  const handle = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    if (URL.parse(request.url ?? "/", "http://metrics")?.pathname !== "/metrics") return refuse(response, 404);
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405);
    const verdict = (await secure?.judge(request.headers.authorization)) ?? "allowed";
    if (verdict !== "allowed") return refuse(response, REFUSALS[verdict]);
    await answer(request, response, await shared());
  };
  const server = createServer(secure, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      logger.error("Cannot collect the metrics", { error });
      if (!response.headersSent) refuse(response, 500);
    });
  });
  if (secure !== undefined && server instanceof https.Server) {
    secure.follow((pair) => server.setSecureContext({ ...TLS, ...pair }), address.signal);
  }
  const listening = await listen(server, address);
  return listening.ok ? listening : failure(`Cannot serve the metrics: ${listening.failure}`);
}

const LIMITS = { requestTimeout: 5_000, headersTimeout: 5_000 };
const TLS = { minVersion: "TLSv1.2" } as const;
const REFUSALS = { unauthenticated: 401, forbidden: 403, unavailable: 503 } as const;

function createServer(secure: MetricsSecurity | undefined, listener: http.RequestListener): http.Server | https.Server {
  if (secure === undefined) return http.createServer(LIMITS, listener);
  return https.createServer({ ...LIMITS, ...TLS, ...secure.pair, handshakeTimeout: 5_000 }, listener);
}

async function answer(request: http.IncomingMessage, response: http.ServerResponse, text: string): Promise<void> {
  const headers = {
    "content-type": Registry.PROMETHEUS_CONTENT_TYPE,
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
  };
  if (/\bgzip\b/.test(request.headers["accept-encoding"]?.toString() ?? "")) {
    response.writeHead(200, { ...headers, "content-encoding": "gzip" }).end(await compress(text));
  } else {
    response.writeHead(200, headers).end(text);
  }
}

const TEXTS = {
  401: "a bearer token of the cluster is needed",
  403: 'the permission to "get" the URL /metrics is needed',
  404: "not found; see /metrics",
  405: "method not allowed",
  500: "cannot collect the metrics",
  503: "the API server cannot say who may read the metrics",
} as const;

function refuse(response: http.ServerResponse, status: keyof typeof TEXTS): void {
  const challenge = status === 401 ? { "www-authenticate": "Bearer" } : {};
  const headers = { "content-type": "text/plain; charset=utf-8", ...challenge };
  response.writeHead(status, headers).end(`${TEXTS[status]}\n`);
}
