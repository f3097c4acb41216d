import stringWidth from "string-width";
import { oneLine } from "./table.ts";
import { cutTo, wrap } from "./wrap.ts";

export interface FitColumn {
  readonly name: string;
  /** Where there is too little room, the column with the highest number is left out first. Default: it always stays. */
  readonly spare?: number;
  /** Stays even if it is empty, or 0, in every row. */
  readonly always?: boolean;
}

export interface FitRow {
  readonly cells: readonly string[];
  /** A text that is written below the row, in as many lines as it takes. */
  readonly below?: string | undefined;
}

/** Colours one cell. The text of the cell must say the same. */
export type PaintCell = (text: string, column: string, row: number) => string;

export interface Fit {
  /** Columns of the terminal. No line is longer. */
  readonly width: number;
  readonly paintHeader: (text: string) => string;
  readonly paintCell: PaintCell;
  /** The maximum number of lines of text below a row; by default, there is no limit. */
  readonly linesBelow?: number | undefined;
}

const GAP = 2;
const INDENT = 4;
const SHORTEST_CELL = 8;
const NARROWEST = 20;

/**
 * Renders a table that fits a terminal. Columns that say nothing are left out, then those that can be spared, and only
 * if that is not enough are the widest cells cut.
 */
export function fitTable(columns: readonly FitColumn[], rows: readonly FitRow[], fit: Fit): string[] {
  const width = Math.max(NARROWEST, fit.width);
  const cells = rows.map((row) => row.cells.map(oneLine));
  const chosen = choose(columns, cells, width);
  const widths = shrink(
    chosen.map((column) => naturalWidth(column, cells)),
    width,
  );
  const shown = chosen.slice(0, widths.length);
  const line = (texts: readonly string[], paint: (text: string, place: number) => string) =>
    texts
      .map((text, place) => {
        const cut = cutTo(text, widths[place] ?? 0);
        const isLast = texts.slice(place + 1).every((rest) => rest === "");
        const padding = isLast ? 0 : (widths[place] ?? 0) - stringWidth(cut) + GAP;
        return cut === "" ? " ".repeat(padding) : paint(cut, place) + " ".repeat(padding);
      })
      .join("");
  return [
    line(
      shown.map(({ name }) => name),
      fit.paintHeader,
    ),
    ...rows.flatMap((row, number) => [
      line(
        shown.map(({ index }) => cells[number]?.[index] ?? ""),
        (text, place) => fit.paintCell(text, shown[place]?.name ?? "", number),
      ),
      ...below(row.below, width, fit.linesBelow),
    ]),
  ];
}

interface ShownColumn extends FitColumn {
  readonly index: number;
}

function choose(columns: readonly FitColumn[], cells: readonly (readonly string[])[], width: number): ShownColumn[] {
  const says = (index: number) => cells.length === 0 || cells.some((row) => !["", "0"].includes(row[index] ?? ""));
  let shown = columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ index, always }) => always === true || says(index));
  while (total(shown.map((column) => naturalWidth(column, cells))) > width) {
    const spare = shown.reduce((most, column) => Math.max(most, column.spare ?? 0), 0);
    if (spare === 0) break;
    shown = shown.filter((column) => column.spare !== spare);
  }
  return shown;
}

function naturalWidth({ name, index }: ShownColumn, cells: readonly (readonly string[])[]): number {
  return Math.max(stringWidth(name), ...cells.map((row) => stringWidth(row[index] ?? "")));
}

/** Takes from the widest column until all fit. On a very narrow terminal the last columns are left out. */
function shrink(widths: readonly number[], width: number): number[] {
  let fitted = [...widths];
  while (total(fitted) > width) {
    const widest = Math.max(...fitted);
    if (widest <= SHORTEST_CELL) fitted = fitted.slice(0, -1);
    else fitted[fitted.indexOf(widest)] = widest - 1;
  }
  return fitted;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP * Math.max(0, widths.length - 1);
}

function below(text: string | undefined, width: number, most = Number.POSITIVE_INFINITY): string[] {
  if (text === undefined || text === "") return [];
  return wrap(text, width - INDENT, most).map((line) => " ".repeat(INDENT) + line);
}
