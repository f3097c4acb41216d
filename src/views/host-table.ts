import type { DockerHostObject } from "../api/docker-host.ts";
import { PRINTER_COLUMNS, type PrinterColumn } from "../api/printer-columns.ts";
import { age } from "./age.ts";
import { outdatedWord, readyWord } from "./host-state.ts";
import { type HostOrder, inOrder, inSeveralNamespaces } from "./sort-order.ts";

/** The header and the cells of the table of hosts: the columns that `kubectl get dockerhosts` prints, and the message. */
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
  if (column.name === "Outdated") return outdatedWord(host);
  const value = lookUp(host, column.jsonPath);
  // Like kubectl, leave unknown values empty.
  if (value === undefined) return "";
  return column.type === "date" ? age(now - Date.parse(String(value))) : String(value);
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
