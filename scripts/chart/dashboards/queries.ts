import type { Steps, Words } from "./panels.ts";

/**
 * Selects the targets of a release: other programs have metrics of the same name. The chart's ServiceMonitor adds the
 * second label; series without it match "All".
 */
export const RELEASE = 'job=~"$job", operator_namespace=~"$operator"';

/**
 * Series of hosts, with the namespace of the host in `namespace`: without honorLabels, Prometheus renames that label.
 */
export const ofHosts = (metric: string, more = "") =>
  `label_replace(${metric}{${RELEASE}${more}}, "namespace", "$1", "exported_namespace", "(.+)")`;

/** Only the leader reports hosts, so their series move to another pod with it. Leave out the pod's labels. */
export const perHost = (aggregate: "max" | "min", metric: string, more = "") =>
  `${aggregate} by (namespace, name) (${ofHosts(metric, more)})`;

/** The same for each certificate of each host. */
export const perCertificate = (aggregate: "max" | "min", metric: string) =>
  `${aggregate} by (namespace, name, certificate) (${ofHosts(metric)})`;

/**
 * A number for the state of a host. A suspended one keeps its last condition, which nobody checks any more.
 * @param ready 0 or 1
 */
export const stateOf = (ready: string, suspended: string) => `${ready} * (1 - ${suspended}) + 2 * ${suspended}`;
export const STATE_WORDS: Words = { 0: "Not ready", 1: "Ready", 2: "Suspended" };
export const STATE_COLOURS: Steps = [
  [null, "red"],
  [1, "green"],
  [2, "text"],
];

/**
 * A number for the state of a certificate. The program itself says which ones count as expiring, because that depends on
 * their lifetime.
 * @param expiry when it expires
 */
export const certificateOf = (expiring: string, expiry: string) => `${expiring} + (${expiry} < bool time())`;
export const CERTIFICATE_WORDS: Words = { 0: "Current", 1: "Expires soon", 2: "Expired" };
export const CERTIFICATE_COLOURS: Steps = [
  [null, "green"],
  [1, "yellow"],
  [2, "red"],
];

/** The verdicts about containers that should run another image. */
export const BEHIND = ', verdict=~"Outdated|RestartPending"';

/** Series of hosts in the namespace that the variable chooses, whether or not Prometheus has renamed the label. */
export function ofNamespace(metric: string, more = ""): string {
  const series = (namespace: string) => `${metric}{${RELEASE}, ${namespace}="$namespace"${more}}`;
  return `${series("exported_namespace")} or ${series('exported_namespace="", namespace')}`;
}

/** Series of the host that the variables choose. */
export const ofHost = (metric: string, more = "") => ofNamespace(metric, `, name="$name"${more}`);

/** What happens per second, by labels. */
export const rate = (by: string, metric: string, more = "") =>
  `sum by (${by}) (rate(${metric}{${RELEASE}${more}}[$__rate_interval]))`;

/** What happened in the time that the dashboard shows, by labels. */
export const increase = (by: string, metric: string) => `sum by (${by}) (increase(${metric}{${RELEASE}}[$__range]))`;

/** The value below which a share of what a histogram counted is, by labels. */
export function quantile(share: number, by: string, metric: string): string {
  const labels = by === "" ? "le" : `le, ${by}`;
  return `histogram_quantile(${share}, sum by (${labels}) (rate(${metric}_bucket{${RELEASE}}[$__rate_interval])))`;
}
