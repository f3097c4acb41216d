import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { urgency } from "./host-state.ts";

export type HostOrder = (hosts: readonly DockerHostObject[]) => readonly DockerHostObject[];

export const SORT_KEYS = ["name", "ready", "outdated", "expiry", "checked"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/**
 * Hosts that need attention come first: not ready, most outdated images, earliest expiry, oldest check. Unknown values
 * come last.
 */
const RANKS: Readonly<Record<Exclude<SortKey, "name">, (host: DockerHostObject) => number>> = {
  ready: ({ status }) =>
    ["False", "Unknown", "True"].indexOf(findCondition(status?.conditions, "Ready")?.status ?? "Unknown"),
  outdated: ({ status }) => -(status?.updates?.outdated ?? -1),
  expiry: ({ status }) => timeOf(status?.certificates?.nextExpiry),
  checked: ({ status }) => timeOf(status?.updates?.lastCheckTime),
};

/** Hosts of equal rank are sorted by namespace and name. */
export function sortedBy(key: SortKey): HostOrder {
  if (key === "name") return inOrder;
  const rank = RANKS[key];
  return (hosts) => inOrder(hosts).sort((a, b) => difference(rank(a), rank(b)));
}

function timeOf(timestamp: string | undefined): number {
  return timestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(timestamp);
}

/** Compares instead of subtracting, because the difference of two infinities is NaN. */
function difference(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

export function inSeveralNamespaces(hosts: readonly DockerHostObject[]): boolean {
  return new Set(hosts.map((host) => host.metadata.namespace)).size > 1;
}

/** Sorts by namespace and name, as kubectl does. */
export function inOrder(hosts: readonly DockerHostObject[]): DockerHostObject[] {
  return hosts.toSorted(
    (a, b) => compare(a.metadata.namespace, b.metadata.namespace) || compare(a.metadata.name, b.metadata.name),
  );
}

/** The hosts that need attention come first. */
export function byUrgency(hosts: readonly DockerHostObject[]): DockerHostObject[] {
  return inOrder(hosts).sort((a, b) => urgency(a) - urgency(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
