import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { MetricDefinition } from "./definition.ts";
import { METRICS, type MetricLabels, type MetricName } from "./table.ts";

/** One series of a gauge, as it stands at this moment. */
export interface Sample<N extends MetricName> {
  readonly labels: MetricLabels<N>;
  readonly value: number;
}

/** Asked at each scrape; must neither throw nor wait. */
export type SampleSource<N extends MetricName> = () => Iterable<Sample<N>>;

type AnySource = () => Iterable<{ readonly labels: Readonly<Record<string, string>>; readonly value: number }>;

/**
 * The metrics of the table in one registry. Gauges hold nothing: they are made of their sources at each scrape, so no
 * series outlives what it tells of.
 */
export class MetricSet {
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #sources = new Map<string, AnySource[]>();

  constructor(registry: Registry) {
    for (const definition of METRICS) this.#create(definition, registry);
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

  /** One more source of a gauge's series. */
  sample<N extends MetricName<"gauge">>(name: N, source: SampleSource<N>): void {
    this.#sources.get(name)?.push(source);
  }

  #create({ name, type, help, labels, buckets }: MetricDefinition, registry: Registry): void {
    const common = { name, help, labelNames: [...labels], registers: [registry] };
    switch (type) {
      case "counter":
        this.#counters.set(name, new Counter(common));
        return;
      case "histogram":
        this.#histograms.set(name, new Histogram({ ...common, buckets: [...(buckets ?? [])] }));
        return;
      case "gauge": {
        const sources: AnySource[] = [];
        this.#sources.set(name, sources);
        const collect = function (this: Gauge) {
          this.reset();
          for (const source of sources) for (const { labels: at, value } of source()) this.set({ ...at }, value);
        };
        // The constructor registers it.
        new Gauge({ ...common, collect });
      }
    }
  }
}
