/** One figure, with its limit or what it is compared with. */
export interface FleetRow {
  readonly part: number;
  readonly name: string;
  readonly measured: number;
  readonly unit: string;
  /** The largest value that is allowed. */
  readonly limit?: number;
  /** The same of another contender in the same run. */
  readonly peer?: string;
}

export function isMet({ measured, limit }: FleetRow): boolean {
  // A figure that could not be measured meets no limit.
  return limit === undefined || measured <= limit;
}

export function formatRows(rows: readonly FleetRow[]): string {
  const cells = rows.map((row) => [
    `${row.part}`,
    row.name,
    `${rounded(row.measured)} ${row.unit}`.trim(),
    row.limit === undefined ? (row.peer ?? "") : `at most ${row.limit}`,
    row.limit === undefined ? "" : isMet(row) ? "met" : "MISSED",
  ]);
  const all = [["part", "figure", "measured", "limit or peer", ""], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function rounded(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 1_000 ? value.toFixed(0) : value.toPrecision(3);
}
