import type { MetricDefinition } from "../src/telemetry/metrics/definition.ts";
import { PRODUCT_METRICS } from "../src/telemetry/metrics/product-table.ts";
import { RUNTIME_METRICS } from "../src/telemetry/metrics/runtime-table.ts";
import { cell } from "./markdown.ts";

/** docs/metrics.md: every metric of ours with its type, its labels and what it says. */
export function metricsPage(): string {
  return [
    "# Metrics",
    "",
    "The controller serves them on `:8080/metrics` (`--metrics-addr`; `0` turns that off), `dockerhost run` only where",
    "`--metrics-addr` is given. Names and labels are part of the contract. Generated from `src/telemetry/metrics/` by",
    "`npm run generate`; do not edit.",
    "",
    "- A host has at most 15 series, and none once it is deleted: they are read off its status at each scrape.",
    "- The labels `namespace` and `name` are the DockerHost's. Set `honorLabels: true` in a ServiceMonitor, or Prometheus renames",
    "  the first to `exported_namespace`.",
    "- No label holds an address, an image, a container or an error's text; `reason` is a word of the [table of reasons](reasons.md).",
    "- Of several replicas only the leader tells of hosts, so that nothing is counted twice.",
    "- Beside these there are prom-client's metrics of the process (`process_*`) and of Node.js (`nodejs_*`): memory, CPU, files,",
    "  garbage collection, and how late the event loop runs (`nodejs_eventloop_lag_p99_seconds`).",
    "",
    "## Docker hosts",
    "",
    ...table(PRODUCT_METRICS),
    "## The controller",
    "",
    ...table(RUNTIME_METRICS),
  ].join("\n");
}

function table(metrics: readonly MetricDefinition[]): readonly string[] {
  const rows = metrics.map(({ name, type, help, labels }) => {
    const named = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${named} | ${cell(help)} |`;
  });
  return ["| metric | type | labels | meaning |", "| --- | --- | --- | --- |", ...rows, ""];
}
