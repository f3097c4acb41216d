import { type Panel, refId } from "./panels.ts";

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** What Prometheus is asked for its values, and the label that holds them. */
  readonly query: string;
  readonly regex?: string;
  readonly hasAll?: boolean;
  /** What "All" stands for; without it, for all values that exist. */
  readonly all?: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Also the name of the file. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/** Links and the address of a dashboard depend on this. */
export const uidOf = (name: string) => `dockerhost-${name}`;

const TAG = "dockerhost";
const COLUMNS = 24;
const DATASOURCE = { type: "prometheus", uid: "$datasource" };

/** Choose the release. The first metric exists in each process of the program, whether or not it has hosts. */
const RELEASE_VARIABLES: readonly Variable[] = [
  {
    name: "job",
    label: "Job",
    query: "label_values(dockerhost_container_update_downtime_seconds_count, job)",
    hasAll: true,
  },
  {
    name: "operator",
    label: "Operator's namespace",
    query: 'label_values(dockerhost_container_update_downtime_seconds_count{job=~"$job"}, operator_namespace)',
    hasAll: true,
    all: ".*",
  },
];

/** The JSON that Grafana imports. */
export function dashboardJson({ name, title, description, variables, rows }: Dashboard): string {
  const dashboard = {
    uid: uidOf(name),
    title,
    description,
    tags: [TAG],
    editable: true,
    schemaVersion: 39,
    version: 1,
    refresh: "1m",
    time: { from: "now-24h", to: "now" },
    timezone: "browser",
    links: [
      { title: "Docker hosts", type: "dashboards", tags: [TAG], asDropdown: false, keepTime: true, includeVars: true },
    ],
    templating: { list: [datasourceVariable(), ...[...RELEASE_VARIABLES, ...variables].map(variable)] },
    panels: layOut(rows),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

function datasourceVariable() {
  return { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", regex: "", hide: 0 };
}

function variable({ name, label, query, regex = "", hasAll = false, all }: Variable) {
  return {
    name,
    label,
    type: "query",
    datasource: DATASOURCE,
    query: { query, refId: name },
    regex,
    refresh: 2,
    sort: 1,
    multi: false,
    includeAll: hasAll,
    ...(all !== undefined && { allValue: all }),
    ...(hasAll && { current: { text: "All", value: "$__all" } }),
  };
}

/** Places the panels of each row from left to right, below the row's title. */
function layOut(rows: readonly Row[]): readonly object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      if (x + panel.width > COLUMNS) {
        y += height;
        [x, height] = [0, 0];
      }
      placed.push(placedPanel(panel, placed.length + 1, x, y));
      x += panel.width;
      height = Math.max(height, panel.height);
    }
    y += height;
  }
  return placed;
}

function placedPanel(panel: Panel, id: number, x: number, y: number): object {
  const { title, description, width, height, queries, parts, isInstant, isTable = false } = panel;
  return {
    id,
    title,
    description,
    datasource: DATASOURCE,
    gridPos: { x, y, w: width, h: height },
    ...parts,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: refId(index),
      datasource: DATASOURCE,
      expr,
      ...(legend !== undefined && { legendFormat: legend }),
      instant: isInstant,
      range: !isInstant,
      ...(isTable && { format: "table" }),
    })),
  };
}
