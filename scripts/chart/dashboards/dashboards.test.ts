import { describe, expect, it } from "vitest";
import { z } from "zod";
import { METRICS } from "../../../src/telemetry/metrics/metric-table.ts";
import { dashboardJson, uidOf } from "./dashboard.ts";
import { DASHBOARDS } from "./dashboards.ts";

/** What the dashboards use of Grafana: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
const COLUMNS = 24;
const UNITS = ["none", "short", "s", "ops", "reqps", "bytes", "percentunit"] as const;
const COLOURS = ["green", "yellow", "orange", "red", "blue", "text"] as const;
const BUILT_IN = ["__rate_interval", "__range"];
/** Of prom-client, about the process. */
const OF_THE_PROCESS = /^(process|nodejs)_/;

const thresholds = z.strictObject({
  mode: z.literal("absolute"),
  steps: z
    .array(z.strictObject({ value: z.number().nullable(), color: z.enum(COLOURS) }))
    .min(1)
    .refine(
      ([base, ...others]) =>
        base?.value === null &&
        others.every(({ value }, index) => value !== null && value > (others[index - 1]?.value ?? -Infinity)),
      "the first step has no value, and those of the others increase",
    ),
});
const mappings = z.array(
  z.strictObject({
    type: z.literal("value"),
    options: z.record(z.string(), z.strictObject({ text: z.string().min(1) })),
  }),
);
const property = z.discriminatedUnion("id", [
  z.strictObject({ id: z.literal("unit"), value: z.enum(UNITS) }),
  z.strictObject({ id: z.literal("mappings"), value: mappings }),
  z.strictObject({ id: z.literal("thresholds"), value: thresholds }),
  z.strictObject({ id: z.literal("custom.cellOptions"), value: z.strictObject({ type: z.literal("color-text") }) }),
  z.strictObject({
    id: z.literal("links"),
    value: z.array(z.strictObject({ title: z.string().min(1), url: z.string().startsWith("/d/") })),
  }),
]);
const datasource = z.strictObject({ type: z.literal("prometheus"), uid: z.literal("$datasource") });
const target = z.strictObject({
  refId: z.string().regex(/^[A-Z]$/),
  datasource,
  expr: z.string().min(1),
  legendFormat: z.string().min(1).optional(),
  instant: z.boolean(),
  range: z.boolean(),
  format: z.literal("table").optional(),
});
const gridPos = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1).max(COLUMNS),
  h: z.int().min(1),
});
const field = z.strictObject({
  defaults: z.strictObject({
    unit: z.enum(UNITS).optional(),
    min: z.literal(0).optional(),
    decimals: z.int().optional(),
    noValue: z.string().optional(),
    thresholds: thresholds.optional(),
    mappings: mappings.optional(),
    custom: z.record(z.string(), z.unknown()).optional(),
  }),
  overrides: z.array(
    z.strictObject({
      matcher: z.strictObject({ id: z.literal("byName"), options: z.string().min(1) }),
      properties: z.array(property).min(1),
    }),
  ),
});
const panel = z.strictObject({
  id: z.int(),
  type: z.enum(["stat", "timeseries", "table"]),
  title: z.string().min(1).max(45),
  description: z.string().regex(/^[A-Z1].*\.$/s),
  datasource,
  gridPos,
  fieldConfig: field,
  options: z.record(z.string(), z.unknown()),
  transformations: z
    .array(z.strictObject({ id: z.enum(["merge", "organize"]), options: z.looseObject({}) }))
    .optional(),
  targets: z.array(target).min(1),
});
const row = z.strictObject({
  id: z.int(),
  type: z.literal("row"),
  title: z.string().min(1),
  collapsed: z.literal(false),
  gridPos: gridPos.extend({ x: z.literal(0), w: z.literal(COLUMNS), h: z.literal(1) }),
});
const dashboard = z.looseObject({
  uid: z.string().max(40),
  title: z.string().min(1),
  description: z.string().min(1),
  schemaVersion: z.int(),
  templating: z.strictObject({ list: z.array(z.looseObject({ name: z.string(), label: z.string().min(1) })) }),
  panels: z.array(z.union([row, panel])).min(1),
});
type Panel = z.output<typeof panel>;

const MADE = DASHBOARDS.map((each) => ({
  name: each.name,
  json: dashboard.safeParse(JSON.parse(dashboardJson(each))),
}));

it("have addresses of their own", () => {
  expect(new Set(MADE.map(({ json }) => json.data?.uid)).size).toBe(DASHBOARDS.length);
});

describe.each(MADE)("the dashboard $name", ({ json }) => {
  const { panels: all = [], templating } = json.data ?? {};
  const panels = all.filter((each): each is Panel => each.type !== "row");
  const variables = templating?.list.map(({ name }) => name) ?? [];

  it("has the structure that Grafana imports", () => {
    expect(json.error).toBeUndefined();
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it("places its panels in the grid, without overlaps", () => {
    const used = new Map<string, string>();
    for (const { title, gridPos } of all) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(COLUMNS);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(used.get(`${x} ${y}`), title).toBeUndefined();
          used.set(`${x} ${y}`, title);
        }
    }
  });

  it("names each panel of a row once", () => {
    let titles: string[] = [];
    for (const { type, title } of all) {
      if (type !== "row") expect(titles).not.toContain(title);
      titles = type === "row" ? [] : [...titles, title];
    }
  });

  it.each(panels)("asks for what $title shows: now or over time, with a name for each line", (each) => {
    const { targets, type, fieldConfig } = each;
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    for (const { expr, legendFormat, instant, range, format } of targets) {
      expect([instant, range, format === "table"]).toEqual([
        type !== "timeseries",
        type === "timeseries",
        type === "table",
      ]);
      for (const [, label] of legendFormat?.matchAll(/\{\{(\w+)\}\}/g) ?? [])
        expect(expr).toMatch(label === "instance" ? /^(rate\()?\w+\{/ : new RegExp(`by \\([^)]*\\b${label}\\b`));
      if (type === "timeseries") expect(legendFormat).toBeDefined();
    }
    if (type !== "table") expect(fieldConfig.defaults.unit).toBeDefined();
  });

  it.each(panels)("reads for $title metrics and variables that exist", ({ targets }) => {
    const known = METRICS.flatMap(({ name, type }): string[] =>
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    for (const { expr } of targets) {
      const read = [...expr.matchAll(/\b([a-z][a-z_0-9]+)\{/g)].map(([, name = ""]) => name);
      expect(read).not.toEqual([]);
      expect(read.filter((name) => !known.includes(name) && !OF_THE_PROCESS.test(name))).toEqual([]);
      const used = [...expr.matchAll(/\$(\w+)/g)].map(([, name = ""]) => name).filter((name) => !/^\d/.test(name));
      expect(used.filter((name) => ![...variables, ...BUILT_IN].includes(name))).toEqual([]);
      expect([expr.split("(").length, expr.split("{").length]).toEqual([
        expr.split(")").length,
        expr.split("}").length,
      ]);
    }
  });

  it.each(panels.filter(({ type }) => type === "table"))(
    "shows in $title only columns that its queries have",
    (each) => {
      const { targets, transformations = [], fieldConfig } = each;
      const { renameByName } = z
        .looseObject({ renameByName: z.record(z.string(), z.string()) })
        .parse(transformations.at(-1)?.options);
      const labels = Object.keys(renameByName).filter((name) => !name.startsWith("Value"));
      for (const { expr } of targets)
        for (const label of labels) expect(expr).toMatch(new RegExp(`by \\([^)]*\\b${label}\\b`));
      const values = targets.length === 1 ? ["Value"] : targets.map(({ refId }) => `Value #${refId}`);
      expect(Object.keys(renameByName)).toEqual([...labels, ...values]);
      const columns = Object.values(renameByName);
      expect(new Set(columns).size).toBe(columns.length);
      for (const { matcher } of fieldConfig.overrides) expect(columns).toContain(matcher.options);
      const { sortBy } = z
        .looseObject({ sortBy: z.array(z.object({ displayName: z.string() })).optional() })
        .parse(each.options);
      for (const { displayName } of sortBy ?? []) expect(columns).toContain(displayName);
    },
  );

  it("links only to dashboards and variables that exist", () => {
    const urls = panels.flatMap(({ fieldConfig }) =>
      fieldConfig.overrides.flatMap(({ properties }) =>
        properties.flatMap((each) => (each.id === "links" ? each.value.map(({ url }) => url) : [])),
      ),
    );
    for (const url of urls) {
      const [, uid, query = ""] = /^\/d\/([^?]+)\?(.*)$/.exec(url) ?? [];
      const target = DASHBOARDS.find(({ name }) => uidOf(name) === uid);
      const given = [...query.matchAll(/(?:^|&)var-(\w+)=/g)].map(([, name]) => name);
      expect(given).toEqual(target?.variables.map(({ name }) => name));
      for (const [, name] of query.matchAll(/\$\{(\w+):queryparam\}/g)) expect(variables).toContain(name);
    }
  });

  it("leaves it to the program which certificates expire soon", () => {
    for (const { title, targets, fieldConfig } of panels) {
      if (!targets.every(({ expr }) => /expiry_timestamp/.test(expr) && !/_expiring\{/.test(expr))) continue;
      expect(fieldConfig.defaults.thresholds?.steps.length ?? 1, title).toBe(1);
    }
    const coloured = panels.flatMap(({ fieldConfig: { defaults, overrides } }) => [
      ...(defaults.thresholds === undefined ? [] : [{ unit: defaults.unit, thresholds: defaults.thresholds }]),
      ...overrides.flatMap(({ properties }) => {
        const find = (id: string) => properties.find((each) => each.id === id);
        const limits = find("thresholds");
        return limits?.id === "thresholds" ? [{ unit: find("unit")?.value, thresholds: limits.value }] : [];
      }),
    ]);
    for (const { unit, thresholds } of coloured)
      for (const { value } of thresholds.steps) if (unit === "s") expect(value ?? 0).toBeLessThan(86_400);
  });

  it("counts as outdated also what was only pulled", () => {
    for (const { targets } of panels)
      for (const { expr } of targets)
        if (expr.includes("Outdated")) expect(expr).toContain('verdict=~"Outdated|RestartPending"');
  });
});
