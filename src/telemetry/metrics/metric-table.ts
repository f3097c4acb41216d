import { PRODUCT_METRICS } from "./product-table.ts";
import { RUNTIME_METRICS } from "./runtime-table.ts";

/** All metrics. The metric objects and the docs are generated from this table. */
export const METRICS = [...PRODUCT_METRICS, ...RUNTIME_METRICS] as const;

type Metric = (typeof METRICS)[number];
export type MetricType = Metric["type"];
export type MetricName<T extends MetricType = MetricType> = Extract<Metric, { readonly type: T }>["name"];
export type MetricLabel<N extends MetricName> = Extract<Metric, { readonly name: N }>["labels"][number];
export type MetricLabels<N extends MetricName> = Readonly<Record<MetricLabel<N>, string>>;
