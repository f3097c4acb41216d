/** A query of a panel, and how its series are named. */
export interface Query {
  readonly expr: string;
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly queries: readonly Query[];
  /** What Grafana wants in addition, by the kind of panel. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** Whether it shows only the present. */
  readonly isInstant: boolean;
  readonly isTable?: boolean;
}

type Tone = "green" | "yellow" | "orange" | "red" | "blue" | "text";
/** The colour from each value on. */
export type Steps = readonly (readonly [from: number | null, tone: Tone])[];

const steps = (list: Steps) => ({
  mode: "absolute",
  steps: list.map(([value, color]) => ({ value, color })),
});

/** Words in place of numbers. */
export type Words = Readonly<Record<string, string>>;

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly unit?: string;
  readonly description: string;
}

/** One large number, or the word for it. */
export function stat(title: string, expr: string, colours: Steps, look: Look & { readonly words?: Words }): Panel {
  const { width = 4, height = 4, unit = "none", description, words = {} } = look;
  return {
    title,
    description,
    width,
    height,
    queries: [{ expr }],
    isInstant: true,
    parts: {
      type: "stat",
      fieldConfig: {
        defaults: { unit, noValue: "none", thresholds: steps(colours), mappings: mappings(words) },
        overrides: [],
      },
      options: { colorMode: "value", graphMode: "none", reduceOptions: { calcs: ["lastNotNull"], values: false } },
    },
  };
}

/** One number for each series: what happened in the time that the dashboard shows. */
export function totals(title: string, query: Required<Query>, look: Look): Panel {
  const { width = 12, height = 5, unit = "short", description } = look;
  return {
    title,
    description,
    width,
    height,
    queries: [query],
    isInstant: true,
    parts: {
      type: "stat",
      fieldConfig: {
        defaults: { unit, decimals: unit === "short" ? 0 : 1, noValue: "none", thresholds: steps([[null, "text"]]) },
        overrides: [],
      },
      options: {
        colorMode: "value",
        graphMode: "none",
        textMode: "value_and_name",
        reduceOptions: { calcs: ["lastNotNull"], values: false },
      },
    },
  };
}

interface LinesLook extends Look {
  readonly isStacked?: boolean;
  /** The axis then shows values below zero too. */
  readonly canBeNegative?: boolean;
}

/** Lines over time. */
export function lines(title: string, queries: readonly Query[], look: LinesLook): Panel {
  const { width = 12, height = 8, unit = "short", description, isStacked = false, canBeNegative = false } = look;
  return {
    title,
    description,
    width,
    height,
    queries,
    isInstant: false,
    parts: {
      type: "timeseries",
      fieldConfig: {
        defaults: {
          unit,
          ...(!canBeNegative && { min: 0 }),
          custom: {
            drawStyle: "line",
            lineWidth: 1,
            fillOpacity: isStacked ? 30 : 0,
            showPoints: "never",
            spanNulls: false,
            stacking: { mode: isStacked ? "normal" : "none", group: "A" },
          },
        },
        overrides: [],
      },
      options: {
        legend: { displayMode: "list", placement: "bottom", showLegend: true },
        tooltip: { mode: "multi", sort: "desc" },
      },
    },
  };
}

/** A column of a table: the query whose value it shows, or a label. */
export interface Column {
  readonly title: string;
  readonly unit?: string;
  readonly colours?: Steps;
  readonly words?: Words;
}

/** One row for each combination of labels, with a column for each label and each query. */
export function table(
  title: string,
  labels: Readonly<Record<string, string>>,
  values: readonly (Column & { readonly expr: string })[],
  look: Look & { readonly sortBy?: string; readonly link?: string },
): Panel {
  const { width = 24, height = 10, description, sortBy, link } = look;
  const nameOf = (index: number) => `Value #${refId(index)}`;
  const single = values.length === 1;
  const rename = {
    ...labels,
    ...Object.fromEntries(values.map(({ title }, index) => [single ? "Value" : nameOf(index), title])),
  };
  const order = Object.fromEntries(Object.keys(rename).map((name, index) => [name, index]));
  const merge = single ? [] : [{ id: "merge", options: {} }];
  return {
    title,
    description,
    width,
    height,
    queries: values.map(({ expr }) => ({ expr })),
    isInstant: true,
    isTable: true,
    parts: {
      type: "table",
      fieldConfig: {
        defaults: { custom: { align: "auto", filterable: true } },
        overrides: [...values.flatMap(override), ...(link === undefined ? [] : [linked(labels, link)])],
      },
      options: { showHeader: true, ...(sortBy !== undefined && { sortBy: [{ displayName: sortBy, desc: false }] }) },
      transformations: [
        ...merge,
        { id: "organize", options: { excludeByName: { Time: true }, renameByName: rename, indexByName: order } },
      ],
    },
  };
}

function override({ title, unit, colours, words }: Column): readonly object[] {
  const properties = [
    ...(unit === undefined ? [] : [{ id: "unit", value: unit }]),
    ...(words === undefined ? [] : [{ id: "mappings", value: mappings(words) }]),
    ...(colours === undefined
      ? []
      : [
          { id: "thresholds", value: steps(colours) },
          { id: "custom.cellOptions", value: { type: "color-text" } },
        ]),
  ];
  return properties.length === 0 ? [] : [{ matcher: { id: "byName", options: title }, properties }];
}

function mappings(words: Words) {
  const options = Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }]));
  return Object.keys(words).length === 0 ? [] : [{ type: "value", options }];
}

function linked(labels: Readonly<Record<string, string>>, url: string) {
  return {
    matcher: { id: "byName", options: labels.name ?? "" },
    properties: [{ id: "links", value: [{ title: "Show this host", url }] }],
  };
}

export function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}
