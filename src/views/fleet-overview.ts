import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Condition } from "../api/status.ts";
import { type Behind, behindOf, certificateWord, urgency } from "./host-state.ts";
import { protectionOf } from "./protection.ts";
import { hasWords, searchWords } from "./search.ts";
import { byUrgency } from "./sort-order.ts";

/** The states of a host, each in one word. Those that need attention come first. */
export const HOST_STATES = [
  { id: "not-ready", word: "Not ready" },
  { id: "unknown", word: "Not known yet" },
  { id: "check-failed", word: "Check failed" },
  { id: "certificate", word: "Certificate expiring" },
  { id: "updates", word: "Updates available" },
  { id: "suspended", word: "Suspended" },
  { id: "ready", word: "Ready" },
] as const;
export type HostState = (typeof HOST_STATES)[number];

/** Which hosts are listed. */
export interface FleetFilter {
  /** Words, all of which must occur in what is known about a host. */
  readonly search: string;
  readonly state: string;
}

export interface FleetRow {
  readonly namespace: string;
  readonly name: string;
  readonly state: HostState;
  /** RFC 3339: since when it has this state; undefined if nothing needs attention. */
  readonly since: string | undefined;
  /** What is wrong, and the next step. */
  readonly message: string | undefined;
  /** Whether anybody on the way could read the connection, or pretend to be the host. */
  readonly isUnsafe: boolean;
  readonly address: string;
  readonly engine: string;
  /** Empty if it is not known, and `none` if the connection uses no certificates. */
  readonly certificate: string;
  /** Undefined if it is not known. */
  readonly outdated: Behind | undefined;
  /** RFC 3339 */
  readonly lastCheck: string | undefined;
}

export interface FleetOverview {
  readonly total: number;
  readonly counts: readonly { readonly state: HostState; readonly count: number }[];
  /** Containers that are known to run another image than they should. */
  readonly outdated: number;
  /** Hosts of which a certificate expires soon or has expired, whatever their state is. */
  readonly expiring: number;
  /** The hosts that the filter selects; those that need attention come first. */
  readonly rows: readonly FleetRow[];
}

/** The whole fleet in one table. The counts include all hosts, also those that the filter leaves out. */
export function fleetOverview(hosts: readonly DockerHostObject[], filter: FleetFilter, now: number): FleetOverview {
  const words = searchWords(filter.search);
  const rows = byUrgency(hosts).map((host) => rowOf(host, now));
  return {
    total: hosts.length,
    counts: HOST_STATES.map((state) => ({ state, count: rows.filter((row) => row.state === state).length })),
    outdated: rows.reduce((sum, { outdated }) => sum + (outdated?.count ?? 0), 0),
    expiring: rows.filter(({ certificate }) => certificate.endsWith("!")).length,
    rows: rows.filter((row) => (filter.state === "" || row.state.id === filter.state) && hasWords(textsOf(row), words)),
  };
}

/** What a search looks at. */
function textsOf({ namespace, name, state, address, engine, message = "", isUnsafe }: FleetRow): readonly string[] {
  return [`${namespace}/${name}`, state.word, address, engine, message, isUnsafe ? "unsafe" : ""];
}

/** The state in which a host is shown. */
export function hostState(host: DockerHostObject): HostState {
  return HOST_STATES[urgency(host)] ?? HOST_STATES[1];
}

function rowOf(host: DockerHostObject, now: number): FleetRow {
  const { metadata, spec, status = {} } = host;
  const { host: given } = (spec ?? {}) as { host?: unknown };
  const { engine } = status;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    state: hostState(host),
    since: stateCondition(host)?.lastTransitionTime,
    message: stateMessage(host),
    isUnsafe: protectionOf(host).level === "Unsafe",
    address: status.endpoint ?? (typeof given === "string" ? given : ""),
    engine: engine === undefined ? "" : `${engine.name ?? "Docker"} ${engine.version ?? ""}`.trim(),
    certificate: certificateWord(host, now) || (status.tlsMode === "None" ? "none" : ""),
    outdated: behindOf(host),
    lastCheck: status.updates?.lastCheckTime,
  };
}

const TYPE_OF = {
  "not-ready": "Ready",
  unknown: "Ready",
  "check-failed": "UpdateCheckSucceeded",
  certificate: "CertificateExpiring",
  updates: "UpdatesAvailable",
  suspended: undefined,
  ready: undefined,
} as const;

/** Why a host has its state, and the next step. There is nothing to say about a host that is ready. */
export function stateMessage(host: DockerHostObject): string | undefined {
  if (hostState(host).id === "suspended") return "spec.suspend is set, so this host is not checked.";
  return stateCondition(host)?.message;
}

/** The condition that gives a host its state. */
function stateCondition(host: DockerHostObject): Condition | undefined {
  const type = TYPE_OF[hostState(host).id];
  return type && findCondition(host.status?.conditions, type);
}
