import type { ReflectorObserver, RequestObserver, RestartCause } from "../../runtime/observers.ts";
import type { MetricSet } from "./metric-set.ts";
import type { MetricLabels } from "./metric-table.ts";

/** The label that client-go uses if there is no HTTP status. */
export const NO_ANSWER = "<error>";

/** The causes that can occur. `Aborted` is not a fault: the program itself aborts. */
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

/** Counts the restarts and relists of the reflector of one kind. */
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

/** Reports how stale a kind may be. There is no series until the server has sent something. @param age milliseconds */
export function sampleLastEventAge(metrics: MetricSet, kind: string, age: () => number | undefined): void {
  metrics.sample("reflector_last_event_age_seconds", () => {
    const ms = age();
    return ms === undefined ? [] : [{ labels: { kind }, value: ms / 1_000 }];
  });
}

/** Reports whether the list or the watch of a kind fails, in all namespaces or in one. */
export function sampleWatchFailing(
  metrics: MetricSet,
  labels: MetricLabels<"reflector_failing">,
  isFailing: () => boolean,
): void {
  metrics.sample("reflector_failing", () => [{ labels, value: isFailing() ? 1 : 0 }]);
}

/** Reports whether this process holds the lease of this name. */
export function sampleLeadership(metrics: MetricSet, name: string, isLeader: () => boolean): void {
  metrics.sample("leader_election_master_status", () => [{ labels: { name }, value: isLeader() ? 1 : 0 }]);
}
