/** One promise, what was seen of it, and whether that keeps it. */
export interface SummaryRow {
  readonly promise: string;
  readonly seen: string;
  readonly kept: boolean;
}

export function formatSummary(title: string, rows: readonly SummaryRow[]): string {
  const width = Math.max(...rows.map(({ promise }) => promise.length));
  const lines = rows.map(
    ({ promise, seen, kept }) => `  ${kept ? "kept  " : "BROKEN"}  ${promise.padEnd(width)}  ${seen}`,
  );
  return [title, ...lines].join("\n");
}

/** The smallest value that is not exceeded by this percentage of the values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

/** `p50 0.4 s, p99 1.2 s, longest 1.3 s` of milliseconds. */
export function formatTimes(values: readonly number[]): string {
  if (values.length === 0) return "none";
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
  return `p50 ${seconds(percentile(values, 50))}, p99 ${seconds(percentile(values, 99))}, longest ${seconds(Math.max(...values))}`;
}
