import type { ConditionType } from "../../api/condition-types.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";
import type { ReasonEntry } from "../../api/reasons/entry.ts";
import { reasons } from "../../api/reasons.ts";
import type { Clock } from "../../common/clock.ts";
import { isUnclaimed } from "../../dockerhost/claims.ts";
import type { AttemptEnd, HostObserver } from "../../dockerhost/host-observer.ts";
import { keyOf } from "../../runtime/kube-object.ts";
import type { Store } from "../../runtime/store.ts";
import {
  certificateExpiries,
  containerCounts,
  expiringCertificates,
  hostLabels,
  isReady,
  isSuspended,
  succeededCheckTime,
} from "./host-samples.ts";
import type { MetricSet } from "./metric-set.ts";

/** When each kind of attempt on a host last succeeded in this process, in seconds since the epoch. */
interface LastSuccess {
  /** Distinguishes the host from one with the same name that is created later. */
  readonly uid: string | undefined;
  connection?: number;
  check?: number;
}

/**
 * Records the metrics of the hosts in the store, and of the attempts on them.
 * @param isLeader whether this process reports the hosts: if two did, they would be counted twice
 */
export function observeHosts(
  metrics: MetricSet,
  hosts: Pick<Store<DockerHostObject>, "get" | "list" | "subscribe">,
  isLeader: () => boolean,
  clock: Pick<Clock, "now">,
): HostObserver {
  const listed = () => (isLeader() ? hosts.list() : []);
  const successes = new Map<string, LastSuccess>();
  hosts.subscribe(({ type, key }) => {
    if (type === "deleted") successes.delete(key);
  });
  const successOf = (host: DockerHostObject): LastSuccess | undefined => {
    const known = successes.get(keyOf(host));
    return known?.uid === host.metadata.uid ? known : undefined;
  };

  // Yields one host at a time, because there may be thousands.
  function* perHost(measure: (host: DockerHostObject) => number | undefined) {
    for (const host of listed()) {
      const value = measure(host);
      if (value !== undefined) yield { labels: hostLabels(host), value };
    }
  }
  function* allOf<T>(samplesOf: (host: DockerHostObject) => Iterable<T>) {
    for (const host of listed()) yield* samplesOf(host);
  }

  metrics.sample("dockerhost_ready", () => perHost((host) => (isReady(host) ? 1 : 0)));
  metrics.sample("dockerhost_suspended", () => perHost((host) => (isSuspended(host) ? 1 : 0)));
  metrics.sample("dockerhost_connection_last_success_timestamp_seconds", () =>
    perHost((host) => successOf(host)?.connection),
  );
  metrics.sample("dockerhost_update_check_last_success_timestamp_seconds", () =>
    // The status may contain a check from before this process started.
    perHost((host) => succeededCheckTime(host) ?? successOf(host)?.check),
  );
  metrics.sample("dockerhost_certificate_expiry_timestamp_seconds", () => allOf(certificateExpiries));
  metrics.sample("dockerhost_certificate_expiring", () => {
    const now = clock.now();
    return allOf((host) => expiringCertificates(host, now));
  });
  metrics.sample("dockerhost_containers", () => allOf(containerCounts));
  // A leader would process the host, so replicas that stand by report this too.
  metrics.sample("dockerhost_unclaimed", function* () {
    const now = clock.now();
    for (const host of hosts.list()) if (isUnclaimed(host, now)) yield { labels: hostLabels(host), value: 1 };
  });
  beginAttempts(metrics);

  const remember = (host: DockerHostObject, attempt: "connection" | "check", { succeeded, at }: AttemptEnd) => {
    // An entry for a host that was deleted meanwhile would stay forever.
    if (!succeeded || hosts.get(keyOf(host))?.metadata.uid !== host.metadata.uid) return;
    successes.set(keyOf(host), {
      ...(successOf(host) ?? { uid: host.metadata.uid }),
      [attempt]: Math.round(at / 1_000),
    });
  };
  return {
    connectionEnded(host, end) {
      remember(host, "connection", end);
      metrics.add("dockerhost_connection_attempts_total", { reason: end.reason });
      metrics.observe("dockerhost_connection_duration_seconds", { result: resultOf(end) }, end.ms / 1_000);
    },
    updateCheckEnded(host, end) {
      remember(host, "check", end);
      metrics.add("dockerhost_update_checks_total", { reason: end.reason });
      metrics.observe("dockerhost_update_check_duration_seconds", { result: resultOf(end) }, end.ms / 1_000);
    },
  };
}

/** The conditions whose reasons Ready can have, in addition to Succeeded. */
const CONNECTION_CONDITIONS: readonly ConditionType[] = ["Ready", "CredentialsValid", "Connected"];

/** Starts the counters of all reasons of these conditions at zero. */
function beginAttempts(metrics: MetricSet): void {
  for (const [reason, { kind = "DockerHost", condition, outcome }] of Object.entries<ReasonEntry>(reasons)) {
    if (kind !== "DockerHost") continue;
    if (condition === "UpdateCheckSucceeded") metrics.add("dockerhost_update_checks_total", { reason }, 0);
    const isFailure = outcome !== "ok" && CONNECTION_CONDITIONS.includes(condition);
    if (isFailure || reason === "Succeeded") metrics.add("dockerhost_connection_attempts_total", { reason }, 0);
  }
  for (const result of ["success", "failure"]) {
    metrics.begin("dockerhost_connection_duration_seconds", { result });
    metrics.begin("dockerhost_update_check_duration_seconds", { result });
  }
}

function resultOf({ succeeded }: AttemptEnd): string {
  return succeeded ? "success" : "failure";
}
