import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Registry } from "prom-client";
import { type Listening, type ListenOptions, listen } from "../../common/http-listener.ts";
import type { Logger } from "../../common/logger.ts";
import { failure, type Result } from "../../common/result.ts";

export interface MetricsServerOptions extends ListenOptions {
  /** Returns the text to serve. */
  readonly collect: () => Promise<string>;
  readonly logger: Logger;
}

const compress = promisify(gzip);

/**
 * Serves `/metrics` in Prometheus' text format to anyone who can reach the port: nothing in it is secret, but it names
 * hosts and namespaces. A failure is a sentence for the user.
 */
export async function serveMetrics({
  collect,
  logger,
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
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    if (URL.parse(request.url ?? "/", "http://metrics")?.pathname !== "/metrics") return refuse(response, 404);
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405);
    shared()
      .then((text) => answer(request, response, text))
      .catch((error: unknown) => {
        logger.error("Cannot collect the metrics", { error });
        if (!response.headersSent) refuse(response, 500);
      });
  });
  const listening = await listen(server, address);
  return listening.ok ? listening : failure(`Cannot serve the metrics: ${listening.failure}`);
}

async function answer(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
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

function refuse(response: ServerResponse, status: 404 | 405 | 500): void {
  const text = { 404: "not found; see /metrics", 405: "method not allowed", 500: "cannot collect the metrics" };
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text[status]}\n`);
}
