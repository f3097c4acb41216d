import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Registry } from "prom-client";
import { HeldBytes } from "../../common/held-bytes.ts";
import {
  type HttpAnswer,
  type HttpRequest,
  type Listening,
  type ListenOptions,
  serveHttp,
} from "../../common/http-server.ts";
import { failure, type Result } from "../../common/result.ts";
import type { AccessGuard } from "../../runtime/request-authorizer.ts";

export interface MetricsServerOptions extends ListenOptions {
  /** Returns the text to serve. */
  readonly collect: () => Promise<string>;
  /** Serves over TLS, and only to clients that are let in. */
  readonly secure?: AccessGuard | undefined;
}

const compress = promisify(gzip);
const BUSY: HttpAnswer = { status: 503, headers: { "retry-after": "1" }, body: "too many requests\n" };
/** The answers that slow readers have not taken yet need at most this much memory, or one answer if that is more. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/**
 * Serves `/metrics` in Prometheus' text format, without `secure` to anyone who can reach the port: nothing in it is
 * secret, but it names hosts and namespaces. A failure is a sentence for the user.
 */
export async function serveMetrics({ collect, ...server }: MetricsServerOptions): Promise<Result<Listening, string>> {
  // Rendering the metrics of a fleet takes time, so requests that arrive meanwhile share the result.
  let scrape: Promise<Uint8Array> | undefined;
  const shared = () => {
    scrape ??= collect()
      .then((text) => Buffer.from(text))
      .finally(() => {
        scrape = undefined;
      });
    return scrape;
  };
  const { logger, secure } = server;
  const held = new HeldBytes(MAX_HELD_BYTES);
  const handle = async ({ url, headers, signal }: HttpRequest): Promise<HttpAnswer> => {
    if (url.pathname !== "/metrics") return refusal(404);
    try {
      const decision = (await secure?.decide(headers.authorization)) ?? "allowed";
      if (decision !== "allowed") return refusal(REFUSALS[decision]);
      const { body, ...head } = await render(await shared(), headers["accept-encoding"]?.toString() ?? "");
      return held.hold(body, signal) ? { ...head, body } : BUSY;
    } catch (error) {
      logger.error("Cannot collect the metrics", { error });
      return refusal(500);
    }
  };
  const listening = await serveHttp({ ...server, handle });
  return listening.ok ? listening : failure(`Cannot serve the metrics: ${listening.failure}`);
}

const REFUSALS = { unauthenticated: 401, forbidden: 403, unavailable: 503 } as const;

async function render(text: Uint8Array, encodings: string): Promise<HttpAnswer & { readonly body: Uint8Array }> {
  const headers = { "content-type": Registry.PROMETHEUS_CONTENT_TYPE, vary: "accept-encoding" };
  if (!/\bgzip\b/.test(encodings)) return { status: 200, headers, body: text };
  return { status: 200, headers: { ...headers, "content-encoding": "gzip" }, body: await compress(text) };
}

const TEXTS = {
  401: "a bearer token of the cluster is needed",
  403: 'the permission to "get" the URL /metrics is needed',
  404: "not found; see /metrics",
  500: "cannot collect the metrics",
  503: "the API server cannot say who may read the metrics",
} as const;

function refusal(status: keyof typeof TEXTS): HttpAnswer {
  const headers: Readonly<Record<string, string>> = status === 401 ? { "www-authenticate": "Bearer" } : {};
  return { status, headers, body: `${TEXTS[status]}\n` };
}
