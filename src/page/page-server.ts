import type { ContainerUpdateObject } from "../api/container-update.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Clock } from "../common/clock.ts";
import { HeldBytes } from "../common/held-bytes.ts";
import {
  type HttpAnswer,
  type HttpRequest,
  type Listening,
  type ListenOptions,
  serveHttp,
} from "../common/http-server.ts";
import type { Random } from "../common/random.ts";
import { failure, type Result } from "../common/result.ts";
import type { AccessGuard } from "../runtime/request-authorizer.ts";
import type { Store } from "../runtime/store.ts";
import { ASSETS } from "./assets.ts";
import { FleetChanges } from "./fleet-changes.ts";
import { isLoopback, namesLoopback } from "./host-header.ts";
import { bearerOf, refusal } from "./login.ts";
import { PageCache } from "./page-cache.ts";
import { NO_GAPS, type PageGaps, pageName, renderPage } from "./pages.ts";

export interface PageServerOptions extends ListenOptions {
  readonly hosts: Store<DockerHostObject>;
  /** Without a cluster there are none. */
  readonly updates?: Store<ContainerUpdateObject> | undefined;
  /** What cannot be shown at the moment. Without it, everything can. */
  readonly gaps?: (() => PageGaps) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** The pages that slow readers have not taken yet need at most this much memory, or one page if that is more. */
  readonly maxHeldBytes?: number;
  /** Who may see the page. Without it, everybody who reaches a loopback address may. */
  readonly access?: PageAccess | undefined;
}

export interface PageAccess {
  readonly guard: AccessGuard;
  /** The namespaces for which the permission is needed, in words that follow "get dockerhosts". */
  readonly where: string;
}

const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** A reader who takes nothing for this long is dropped; it is longer than the time between two comments. */
const IDLE_MS = 90_000;

/** Every answer has these, no matter which part of the server sends it. */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
} as const;

const BUSY: HttpAnswer = { status: 503, headers: { "retry-after": "1" }, body: "too many requests\n" };

/**
 * Serves the page about the fleet. It only reads, and knows nothing secret, but it names hosts, so without `access` it
 * listens only on a loopback address. A failure is a sentence for the user.
 */
export async function servePage(options: PageServerOptions): Promise<Result<Listening, string>> {
  const { hosts, updates, gaps = () => NO_GAPS, clock, random, host, signal, access } = options;
  if (access === undefined && !isLoopback(host))
    return failure(
      "Cannot serve the page: it has no login, so it listens only on a loopback address such as 127.0.0.1:8090",
    );
  const changes = new FleetChanges(clock, Math.floor(random() * 2 ** 32).toString(36), () => {
    const { hosts, updates } = gaps();
    return [...hosts, ...updates].join("\n");
  });
  for (const store of [hosts, updates]) {
    const unsubscribe = store?.subscribe(() => changes.changed());
    if (unsubscribe !== undefined) signal.addEventListener("abort", unsubscribe, { once: true });
  }
  const cache = new PageCache(clock);
  const held = new HeldBytes(options.maxHeldBytes ?? MAX_HELD_BYTES);
  const refuse = async ({ host, authorization }: HttpRequest["headers"]): Promise<HttpAnswer | undefined> => {
    if (access !== undefined) {
      const decision = await access.guard.decide(bearerOf(authorization));
      return decision === "allowed" ? undefined : refusal(decision, access.where);
    }
    if (namesLoopback(host)) return undefined;
    return { status: 421, body: "this page answers only to localhost, 127.0.0.1 and [::1]\n" };
  };
  const handle = async ({ url, headers, signal: gone }: HttpRequest): Promise<HttpAnswer> => {
    const refused = await refuse(headers);
    if (refused !== undefined) return refused;
    const asset = ASSETS.get(url.pathname);
    if (asset !== undefined) return assetAnswer(asset);
    if (url.pathname === "/events") {
      const events = changes.follow(gone);
      if (events === undefined) return { status: 503, body: "too many readers follow the fleet\n" };
      return { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" }, body: events };
    }
    const version = changes.look();
    const key = `${version} ${pageName(url)}`;
    const page = await cache.get(key, () => renderPage(url, { hosts, updates, gaps: gaps() }, clock.now(), version));
    const isZipped = /\bgzip\b/.test(headers["accept-encoding"]?.toString() ?? "");
    const body = isZipped ? page?.zipped : page?.plain;
    if (page === undefined || body === undefined || !held.hold(body, gone)) return BUSY;
    return {
      status: page.status,
      headers: {
        "content-type": "text/html; charset=utf-8",
        vary: "accept-encoding",
        ...(isZipped && { "content-encoding": "gzip" }),
      },
      body,
    };
  };
  const listening = await serveHttp({ ...options, handle, headers: HEADERS, idleMs: IDLE_MS, secure: access?.guard });
  return listening.ok ? listening : failure(`Cannot serve the page: ${listening.failure}`);
}

function assetAnswer({ type, text, isImmutable }: { type: string; text: string; isImmutable: boolean }): HttpAnswer {
  const cache = isImmutable ? "public, max-age=31536000, immutable" : "public, max-age=3600";
  return { status: 200, headers: { "content-type": type, "cache-control": cache }, body: text };
}
