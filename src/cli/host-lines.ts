import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { type HostTableOptions, hostTable, inOrder } from "./columns.ts";
import { type FitColumn, fitTable } from "./fit-table.ts";
import { isSuspended, urgency } from "./host-state.ts";
import type { Colour, Paint } from "./report.ts";
import { renderTable } from "./table.ts";

export interface HostLinesOptions extends HostTableOptions {
  readonly paint: Paint;
  /** Columns of the terminal. Without it the table is for a program: every column, each host on one line. */
  readonly width?: number | undefined;
  /** How many lines the message of a host may take; default as many as it needs. */
  readonly linesBelow?: number | undefined;
}

/** Renders the table of hosts. */
export function hostLines(hosts: readonly DockerHostObject[], options: HostLinesOptions): string[] {
  return options.width === undefined ? programLines(hosts, options) : terminalLines(hosts, options, options.width);
}

/** The order of a terminal's table: the hosts that need somebody come first. */
export function byUrgency(hosts: readonly DockerHostObject[]): DockerHostObject[] {
  return inOrder(hosts).sort((a, b) => urgency(a) - urgency(b));
}

/** Each line has the same number of fields, three spaces apart; `-` stands for what is not known. */
function programLines(hosts: readonly DockerHostObject[], options: HostLinesOptions): string[] {
  const { header, rows } = hostTable(hosts, options);
  const cells = rows.map((row) => row.map((text) => (text === "" ? "-" : text)));
  return renderTable(header, cells, (text, column, row) => {
    if (row === undefined) return options.paint("bold", text);
    const colour = colourOf(header[column] ?? "", text);
    return colour === undefined ? text : options.paint(colour, text);
  });
}

/** Which columns a narrow terminal does without, the first one soonest. Wide columns are spared before the others. */
const SPARE = ["AGE", "API", "TLS", "ENDPOINT", "ENGINE", "HOST", "LAST CHECK", "SUSPENDED", "CERT"];

const ALWAYS = ["NAME", "READY", "UPDATES"];

function terminalLines(hosts: readonly DockerHostObject[], options: HostLinesOptions, width: number): string[] {
  const sorted = (options.order ?? byUrgency)(hosts);
  const { header, rows } = hostTable(sorted, { ...options, order: (given) => given });
  const names = header.map((name) => (name === "CERT EXPIRES" ? "CERT" : name));
  const columns = names.flatMap((name): FitColumn[] => {
    if (name === "MESSAGE") return [];
    const rank = SPARE.indexOf(name);
    return [rank === -1 ? { name, always: ALWAYS.includes(name) } : { name, spare: SPARE.length - rank }];
  });
  const table = sorted.map((host, index) => ({
    cells: (rows[index] ?? []).slice(0, columns.length).map((text, column) => {
      if (names[column] === "CERT") return certificate(host, options.now);
      return names[column] === "REASON" && isReady(host) ? "" : text;
    }),
    below: needOf(host),
  }));
  return fitTable(columns, table, {
    width,
    linesBelow: options.linesBelow,
    paintHeader: (text) => options.paint("bold", text),
    paintCell: (text, column) => {
      const colour = colourOf(column, text);
      return colour === undefined ? text : options.paint(colour, text);
    },
  });
}

/** Why a host is not ready, and what to do; nothing if it is. */
function needOf(host: DockerHostObject): string | undefined {
  if (isSuspended(host) || isReady(host)) return undefined;
  return findCondition(host.status?.conditions, "Ready")?.message;
}

function isReady(host: DockerHostObject): boolean {
  return findCondition(host.status?.conditions, "Ready")?.status === "True";
}

const DAY_MS = 24 * 3_600_000;

/** The full days that are left, with `!` if that is too few. */
function certificate(host: DockerHostObject, now: number): string {
  const { certificates, conditions } = host.status ?? {};
  if (certificates?.nextExpiry === undefined) return "";
  const left = Date.parse(certificates.nextExpiry) - now;
  if (left < 0) return "expired!";
  const isSoon = findCondition(conditions, "CertificateExpiring")?.status === "True";
  return `${Math.floor(left / DAY_MS)}d${isSoon ? "!" : ""}`;
}

/** The colour of a cell, which only repeats what its text says. */
function colourOf(column: string, text: string): Colour | undefined {
  switch (column) {
    case "READY":
      return text === "True" ? "green" : text === "False" ? "red" : "yellow";
    case "UPDATES":
      return text === "False" ? "green" : "yellow";
    case "CERT":
      return text === "expired!" ? "red" : text.endsWith("!") ? "yellow" : undefined;
    default:
      return undefined;
  }
}
