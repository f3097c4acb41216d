import stringWidth from "string-width";
import type { DockerHostObject } from "../../api/docker-host.ts";
import { hostPage, type PageOptions, type PageSection, type PageTable } from "../../views/host-page.ts";
import { conditionLines, type Paint } from "../condition-lines.ts";
import { type FitColumn, fitTable } from "../fit-table.ts";
import { oneLine, renderTable } from "../table.ts";
import { wrap } from "../wrap.ts";

export interface StatusPageOptions extends PageOptions {
  readonly paint: Paint;
  /** Columns of the terminal, if the output is one. */
  readonly width?: number | undefined;
}

/** Below a title, everything is indented. */
const INDENT = "  ";

/** Renders everything known about a host: its conditions, connection, certificates, credentials and updates. */
export function statusPage(host: DockerHostObject, options: StatusPageOptions): string[] {
  const { paint, width } = options;
  const room = width === undefined ? undefined : width - INDENT.length;
  return [
    ...conditionLines(host, paint, width),
    ...hostPage(host, options).flatMap((section) => [
      "",
      paint("bold", section.title),
      ...linesOf(section, paint, room).map((line) => `${INDENT}${line}`.trimEnd()),
    ]),
  ];
}

function linesOf({ facts, table, note }: PageSection, paint: Paint, room: number | undefined): string[] {
  const names = Math.max(0, ...facts.map(([name]) => name.length + 1)) + 2;
  return [
    ...facts.flatMap(([name, value]) => {
      const lines = room === undefined ? [oneLine(value)] : wrap(value, room - names);
      return lines.map((line, index) => (index === 0 ? `${name}:` : "").padEnd(names) + line);
    }),
    ...(facts.length > 0 && table !== undefined ? [""] : []),
    ...(table === undefined ? [] : tableLines(table, room)),
    ...(note === undefined
      ? []
      : (room === undefined ? [note] : wrap(note, room)).map((line) => paint("yellow", line))),
  ];
}

function tableLines({ header, rows }: PageTable, room: number | undefined): string[] {
  if (room === undefined) return renderTable(header, rows);
  const beside = columnsBeside(header, rows, room);
  const columns = beside.map((index): FitColumn => ({ name: header[index] ?? "", always: true }));
  const fitted = rows.map((row) => ({
    cells: beside.map((index) => row[index] ?? ""),
    below: row
      .flatMap((text, index) => (text === "" || beside.includes(index) ? [] : [named(header[index] ?? "", text)]))
      .join("; "),
  }));
  return fitTable(columns, fitted, { width: room, paintHeader: (text) => text, paintCell: (text) => text });
}

/** Chooses the columns that fit next to each other. The widest ones are written below their rows, and details always. */
function columnsBeside(header: readonly string[], rows: PageTable["rows"], room: number): readonly number[] {
  const widths = header.map((name, index) =>
    Math.max(...[name, ...rows.map((row) => row[index] ?? "")].map((text) => stringWidth(text))),
  );
  let beside = header.flatMap((name, index) => (name === DETAIL ? [] : [index]));
  const total = () => beside.reduce((sum, index) => sum + (widths[index] ?? 0) + INDENT.length, -INDENT.length);
  while (total() > room && beside.length > 1) {
    const [, ...others] = beside;
    const widest = others.reduce((most, index) => ((widths[index] ?? 0) > (widths[most] ?? 0) ? index : most));
    beside = beside.filter((index) => index !== widest);
  }
  return beside;
}

const DETAIL = "DETAIL";

function named(name: string, text: string): string {
  if (name === DETAIL) return text;
  return `${/\d/.test(name) ? name : name.charAt(0) + name.slice(1).toLowerCase()}: ${text}`;
}
