/** Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats), for gauges. */

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Returns the two lines that precede the series of a gauge. */
export function gaugeHead(name: string, help: string): string {
  return `# HELP ${name} ${help.replace(/[\\\n]/g, escaped)}\n# TYPE ${name} gauge\n`;
}

export function seriesLine(name: string, { labels, value }: Series): string {
  let text = "";
  for (const label in labels) text += `${text === "" ? "" : ","}${label}="${escapeValue(labels[label] ?? "")}"`;
  return `${name}{${text}} ${value}\n`;
}

/** There are many values, and most of them need no escaping, so test first. */
function escapeValue(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, escaped) : value;
}

function escaped(character: string): string {
  return character === "\n" ? "\\n" : `\\${character}`;
}
