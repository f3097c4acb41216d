import type { MetricDefinition } from "../src/telemetry/metrics/definition.ts";
import { PRODUCT_METRICS } from "../src/telemetry/metrics/product-table.ts";
import { RUNTIME_METRICS } from "../src/telemetry/metrics/runtime-table.ts";
import { cell } from "./markdown.ts";

/** Renders docs/metrics.md: every metric of the program with its type, its labels and its meaning. */
export function metricsPage(): string {
  return [
    "# Metrics",
    "",
    "The controller serves metrics on `:8080/metrics` (`--metrics-addr`; `0` disables them), and `dockerhost run` only if",
    "`--metrics-addr` is given. Names and labels are part of the contract. Generated from `src/telemetry/metrics/` by",
    "`npm run generate`; do not edit.",
    "",
    "- A host has at most 18 series, and none after it is deleted: they are read from its status at each scrape.",
    "- The labels `namespace` and `name` are those of the DockerHost. Set `honorLabels: true` in a ServiceMonitor; without it,",
    "  Prometheus renames `namespace` to `exported_namespace`. The chart's alerts work with both.",
    "- The chart's ServiceMonitor adds the label `operator_namespace`, the namespace of the release, so that several releases can",
    "  be told apart. Each alert has the labels `operator` and `operator_namespace`.",
    "- No label contains an address, an image, a container or the text of an error; `reason` is from the [table of reasons](reasons.md).",
    "- Only the leader of several replicas reports hosts, so that nothing is counted twice.",
    "- In addition, there are prom-client's metrics of the process (`process_*`) and of Node.js (`nodejs_*`): memory, CPU, files,",
    "  garbage collection and the delay of the event loop (`nodejs_eventloop_lag_p99_seconds`).",
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
