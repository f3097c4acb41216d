import type { ReflectorObserver, RequestObserver, RestartCause } from "../../runtime/observers.ts";
import type { MetricSet } from "./metric-set.ts";

/** What there is instead of an HTTP status, in client-go's word. */
export const NO_ANSWER = "<error>";

/** All but `Aborted`, which is our own doing. */
const CAUSES = {
  NotFound: true,
  Conflict: false,
  AlreadyExists: false,
  Gone: true,
  TooManyRequests: true,
  Invalid: true,
  Forbidden: true,
  Unauthorized: true,
  ServerError: true,
  Network: true,
  Timeout: true,
  Aborted: false,
  TooLarge: true,
  BadResponse: true,
  Ended: true,
  Inactive: true,
} as const satisfies Record<RestartCause, boolean>;

/** Counts the requests to one API server. @param server its URL */
export function observeRequests(metrics: MetricSet, server: string): RequestObserver {
  const { host } = new URL(server);
  for (const method of ["GET", "PATCH", "POST"])
    metrics.add("rest_client_requests_total", { code: method === "POST" ? "201" : "200", method, host }, 0);
  return {
    answered: (method, code) =>
      metrics.add("rest_client_requests_total", { code: code === undefined ? NO_ANSWER : String(code), method, host }),
  };
}

/** Counts what befalls the reflector of one kind. */
export function observeReflector(metrics: MetricSet, kind: string): ReflectorObserver {
  for (const [cause, possible] of Object.entries(CAUSES)) {
    if (possible) metrics.add("reflector_restarts_total", { kind, cause }, 0);
  }
  metrics.add("reflector_relists_total", { kind }, 0);
  return {
    restarted: (cause) => metrics.add("reflector_restarts_total", { kind, cause }),
    relisting: () => metrics.add("reflector_relists_total", { kind }),
  };
}

/** How stale a kind may be: no series before the server said anything. @param age milliseconds */
export function sampleLastEventAge(metrics: MetricSet, kind: string, age: () => number | undefined): void {
  metrics.sample("reflector_last_event_age_seconds", () => {
    const ms = age();
    return ms === undefined ? [] : [{ labels: { kind }, value: ms / 1_000 }];
  });
}

/** Whether this process leads, for the lease of this name. */
export function sampleLeadership(metrics: MetricSet, name: string, isLeader: () => boolean): void {
  metrics.sample("leader_election_master_status", () => [{ labels: { name }, value: isLeader() ? 1 : 0 }]);
}
