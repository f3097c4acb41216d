import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { PRINTER_COLUMNS, type PrinterColumn } from "../api/printer-columns.ts";
import { hasCurrentAnswer, readyWord } from "./host-state.ts";

/** The header and the cells of the table that `kubectl get dockerhosts` prints, and the message. */
export interface HostTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface HostTableOptions {
  /** Also shows the columns of `-o wide`. */
  readonly wide: boolean;
  /** Wall-clock milliseconds from which ages are computed. */
  readonly now: number;
  /** Hosts are sorted by namespace and name unless this is given. */
  readonly order?: HostOrder | undefined;
}

export type HostOrder = (hosts: readonly DockerHostObject[]) => readonly DockerHostObject[];

export function hostTable(hosts: readonly DockerHostObject[], options: HostTableOptions): HostTable {
  const columns = PRINTER_COLUMNS.filter(
    ({ name, priority }) => options.wide || priority === undefined || name === "Message",
  );
  const sorted = (options.order ?? inOrder)(hosts);
  const namespaced = inSeveralNamespaces(hosts);
  return {
    header: [...(namespaced ? ["NAMESPACE"] : []), "NAME", ...columns.map((column) => column.name.toUpperCase())],
    rows: sorted.map((host) => [
      ...(namespaced ? [host.metadata.namespace] : []),
      host.metadata.name,
      ...columns.map((column) => cell(host, column, options.now)),
    ]),
  };
}

function cell(host: DockerHostObject, column: PrinterColumn, now: number): string {
  if (column.name === "Ready") return readyWord(host) ?? "";
  if (column.name === "Outdated") return outdated(host);
  const value = lookUp(host, column.jsonPath);
  // Like kubectl, leave unknown values empty.
  if (value === undefined) return "";
  return column.type === "date" ? age(now - Date.parse(String(value))) : String(value);
}

/** A number only where it is true: of a check that failed, nobody knows how many images are outdated. */
function outdated(host: DockerHostObject): string {
  const { conditions, updates } = host.status ?? {};
  const succeeded = findCondition(conditions, "UpdateCheckSucceeded");
  if (succeeded?.status === "True" && hasCurrentAnswer(host)) return String(updates?.outdated ?? 0);
  return succeeded === undefined ? "" : "?";
}

/** Understands only the paths that the printer columns use: `.a.b` and `.list[?(@.type=="X")].c`. */
function lookUp(object: unknown, path: string): unknown {
  let value = object;
  for (const [, field, type] of path.matchAll(/\.([A-Za-z0-9]+)(?:\[\?\(@\.type=="([A-Za-z]+)"\)\])?/g)) {
    value = property(value, field ?? "");
    if (type !== undefined && Array.isArray(value)) value = value.find((item) => property(item, "type") === type);
  }
  return value;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
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

/** Formats like kubectl's HumanDuration, which shows two units where the first number is small. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 && days % 365 > 0 ? `${years}y${days % 365}d` : `${years}y`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
