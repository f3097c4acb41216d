import type { DockerHostObject } from "../api/docker-host.ts";
import { certificateWord, isReady, needOf } from "../views/host-state.ts";
import { type HostTableOptions, hostTable } from "../views/host-table.ts";
import { byUrgency } from "../views/sort-order.ts";
import type { Colour, Paint } from "./condition-lines.ts";
import { type FitColumn, fitTable } from "./fit-table.ts";
import { renderTable } from "./table.ts";

export interface HostLinesOptions extends HostTableOptions {
  readonly paint: Paint;
  /** Columns of the terminal. Without it the table is for a program: every column, each host on one line. */
  readonly width?: number | undefined;
  /** How many lines the message of a host may take. By default, it takes as many as it needs. */
  readonly linesBelow?: number | undefined;
}

/** Renders the table of hosts. */
export function hostLines(hosts: readonly DockerHostObject[], options: HostLinesOptions): string[] {
  return options.width === undefined ? programLines(hosts, options) : terminalLines(hosts, options, options.width);
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
      if (names[column] === "CERT") return certificateWord(host, options.now);
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
