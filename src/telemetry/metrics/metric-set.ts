import { setImmediate } from "node:timers/promises";
import { Counter, Histogram, type Registry } from "prom-client";
import type { MetricDefinition } from "./definition.ts";
import { gaugeHead, type Series, seriesLine } from "./exposition.ts";
import { METRICS, type MetricLabels, type MetricName } from "./table.ts";

/** One series of a gauge, as it stands at this moment. */
export interface Sample<N extends MetricName> {
  readonly labels: MetricLabels<N>;
  readonly value: number;
}

/** Asked at each scrape; must neither throw nor wait. */
export type SampleSource<N extends MetricName> = () => Iterable<Sample<N>>;

/** After so many lines others have their turn: a fleet's gauges take a second, and leases are renewed meanwhile. */
const LINES_AT_ONCE = 1_000;

/**
 * The metrics of the table. Counters and histograms are prom-client's, in its registry. Gauges hold nothing: they are
 * made of their sources at each scrape, so no series outlives what it tells of.
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

  /** Lets a histogram's series begin at zero; a counter's does with `add(..., 0)`. */
  begin<N extends MetricName<"histogram">>(name: N, labels: MetricLabels<N>): void {
    this.#histograms.get(name)?.zero({ ...labels });
  }

  /** One more source of a gauge's series; no two may give the same. */
  sample<N extends MetricName<"gauge">>(name: N, source: SampleSource<N>): void {
    this.#gauges.get(name)?.push(source);
  }

  /** Everything in the registry and all gauges, in Prometheus' text format. */
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
