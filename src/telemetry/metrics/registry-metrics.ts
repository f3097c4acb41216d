import type { Clock } from "../../common/clock.ts";
import { FairPlaces } from "../../common/fair-places.ts";
import type { RegistryObserver, RegistryRequestEnd } from "../../registry/registry-observer.ts";
import { NO_ANSWER } from "./api-metrics.ts";
import type { MetricSet } from "./metric-set.ts";

/**
 * Limits the number of series: image names come from daemons, and a hostile one could name endless registries. This
 * many registries of one namespace get their own label, and twice as many of all namespaces, shared fairly.
 */
const MAX_REGISTRIES = 20;
const MAX_ACCOUNTS = 50;
const OTHER = "other";
/** Docker Hub's window, which is assumed for registries that do not report theirs. */
const DEFAULT_WINDOW_MS = 6 * 3_600_000;

/** The requests that an account has left. They are unknown once the window is over. */
interface Grant {
  readonly requests: number;
  /** The end of the window on the monotonic clock. */
  readonly until: number;
}

/** The codes that registries normally use. Any other code is counted by its class. */
const KNOWN_CODES: ReadonlySet<number> = new Set([200, 400, 401, 403, 404, 405, 429, 500, 502, 503, 504]);

/** Counts the requests to registries, and remembers how many they still allow. */
export function observeRegistries(metrics: MetricSet, clock: Clock): RegistryObserver {
  /** Grants by registry and then by account, the least recently updated first. */
  const registries = new Map<string, Map<string, Grant>>();
  /** A place is taken by the namespace that first asked the registry. */
  const places = new FairPlaces({ each: MAX_REGISTRIES, reserve: MAX_REGISTRIES });
  metrics.sample("dockerhost_registry_rate_limit_remaining", function* () {
    const now = clock.monotonic();
    for (const [registry, accounts] of registries) {
      const valid = [...accounts.values()].filter(({ until }) => until > now);
      if (valid.length > 0) yield { labels: { registry }, value: Math.min(...valid.map(({ requests }) => requests)) };
    }
  });
  return {
    requestEnded({ registry, owner, code, account, remaining }) {
      if (!registries.has(registry) && places.hasRoomFor(owner)) {
        places.take(owner);
        registries.set(registry, new Map());
      }
      const accounts = registries.get(registry);
      const label = accounts === undefined ? OTHER : registry;
      metrics.add("dockerhost_registry_requests_total", { registry: label, code: codeLabel(code) });
      if (accounts === undefined || remaining === undefined) return;
      const { requests, windowMs = DEFAULT_WINDOW_MS } = remaining;
      remember(accounts, account, { requests, until: clock.monotonic() + windowMs });
    },
  };
}

function remember(accounts: Map<string, Grant>, account: string, grant: Grant): void {
  accounts.delete(account);
  accounts.set(account, grant);
  const [oldest] = accounts.keys();
  if (accounts.size > MAX_ACCOUNTS && oldest !== undefined) accounts.delete(oldest);
}

function codeLabel(code: RegistryRequestEnd["code"]): string {
  if (code === undefined) return NO_ANSWER;
  return KNOWN_CODES.has(code) ? String(code) : `${Math.floor(code / 100)}xx`;
}
