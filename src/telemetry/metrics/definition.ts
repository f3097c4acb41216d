/** The definition of a metric, from which its object, its row in the docs and its initial series are created. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Describes the metric, without a full stop at the end. */
  readonly help: string;
  readonly labels: readonly string[];
  /** The upper bounds of a histogram, in the unit that its name ends with. */
  readonly buckets?: readonly number[];
}
