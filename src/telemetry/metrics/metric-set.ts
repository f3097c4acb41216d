import { setImmediate } from "node:timers/promises";
import { Counter, Histogram, type Registry } from "prom-client";
import type { MetricDefinition } from "./definition.ts";
import { gaugeHead, type Series, seriesLine } from "./exposition.ts";
import { METRICS, type MetricLabels, type MetricName } from "./metric-table.ts";

/** The current value of one series of a gauge. */
export interface Sample<N extends MetricName> {
  readonly labels: MetricLabels<N>;
  readonly value: number;
}

/** Is called at each scrape, and must neither throw nor wait. */
export type SampleSource<N extends MetricName> = () => Iterable<Sample<N>>;

/**
 * After this many lines, other work gets a turn: the gauges of a fleet take a second, and leases must be renewed
 * meanwhile.
 */
const LINES_AT_ONCE = 1_000;

/**
 * The metrics of the table. Counters and histograms are prom-client's, in its registry. Gauges store nothing: they are
 * computed from their sources at each scrape, so no series outlives the object that it describes.
 */
export class MetricSet {
  readonly #registry: Registry;
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #gauges = new Map<string, (() => Iterable<Series>)[]>();

  constructor(registry: Registry) {
    this.#registry = registry;
    for (const definition of METRICS) this.#create(definition);
  }

  add<N extends MetricName<"counter">>(name: N, labels: MetricLabels<N>, by = 1): void {
    this.#counters.get(name)?.inc({ ...labels }, by);
  }

  observe<N extends MetricName<"histogram">>(name: N, labels: MetricLabels<N>, seconds: number): void {
    this.#histograms.get(name)?.observe({ ...labels }, seconds);
  }

  /** Starts a histogram's series at zero. For a counter, use `add(..., 0)`. */
  begin<N extends MetricName<"histogram">>(name: N, labels: MetricLabels<N>): void {
    this.#histograms.get(name)?.zero({ ...labels });
  }

  /** Adds a source of a gauge's series. Two sources must not yield the same series. */
  sample<N extends MetricName<"gauge">>(name: N, source: SampleSource<N>): void {
    this.#gauges.get(name)?.push(source);
  }

  /** Renders everything in the registry and all gauges in Prometheus' text format. */
  async text(): Promise<string> {
    const parts = [await this.#registry.metrics()];
    let lines = 0;
    for (const { name, help } of METRICS) {
      const sources = this.#gauges.get(name);
      if (sources === undefined) continue;
      parts.push(gaugeHead(name, help));
      for (const source of sources) {
        for (const series of source()) {
          parts.push(seriesLine(name, series));
          if (++lines % LINES_AT_ONCE === 0) await setImmediate();
        }
      }
    }
    return parts.join("");
  }

  #create({ name, type, help, labels, buckets }: MetricDefinition): void {
    const common = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (type === "counter") this.#counters.set(name, new Counter(common));
    else if (type === "histogram")
      this.#histograms.set(name, new Histogram({ ...common, buckets: [...(buckets ?? [])] }));
    else this.#gauges.set(name, []);
  }
}
