import type { DockerHostObject } from "../api/docker-host.ts";
import type { UpdateItemStatus } from "../api/status.ts";
import { keyOf } from "../runtime/kube-object.ts";
import { age } from "../views/age.ts";
import { failedCheck, hasCurrentAnswer } from "../views/host-state.ts";
import { shortDigest } from "../views/short-digest.ts";
import { inOrder, inSeveralNamespaces } from "../views/sort-order.ts";
import type { Paint } from "./condition-lines.ts";
import { type FitColumn, fitTable } from "./fit-table.ts";
import { oneLine, renderTable } from "./table.ts";
import { wrap } from "./wrap.ts";

export interface UpdateLinesOptions {
  readonly paint: Paint;
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Columns of the terminal. Without it each line is as long as it is. */
  readonly width?: number | undefined;
  /** How many lines one text may take. By default, it takes as many as it needs. */
  readonly linesBelow?: number | undefined;
  /** Whether to list every container of which something is known, not only those that need attention. */
  readonly all?: boolean | undefined;
}

/** Renders the update checks that failed, one line each, and the containers that need attention. */
export function updateLines(hosts: readonly DockerHostObject[], options: UpdateLinesOptions): string[] {
  const nameOf = inSeveralNamespaces(hosts) ? keyOf : (host: DockerHostObject) => host.metadata.name;
  const sorted = inOrder(hosts);
  const failed = sorted.flatMap((host) => {
    const text = failedCheckLine(host, nameOf(host), options.now);
    if (text === undefined) return [];
    const { paint, width, linesBelow } = options;
    return (width === undefined ? [oneLine(text)] : wrap(text, width, linesBelow)).map((line) => paint("yellow", line));
  });
  const containers = containerLines(sorted, nameOf, options);
  return [...(failed.length === 0 ? [] : ["", ...failed]), ...(containers.length === 0 ? [] : ["", ...containers])];
}

/** Says why the check of a host's images failed; undefined if it did not. */
export function failedCheckLine(host: DockerHostObject, name: string, now: number): string | undefined {
  const failure = failedCheck(host);
  if (failure === undefined) return undefined;
  const { lastCheckTime } = host.status?.updates ?? {};
  const last = lastCheckTime === undefined ? "never" : `${age(now - Date.parse(lastCheckTime))} ago`;
  const success = hasCurrentAnswer(host) ? "" : ` Last successful check: ${last}.`;
  const { reason, message } = failure;
  return `${name}: the update check failed (${reason}): ${message}${success === "" || message.endsWith(".") ? "" : "."}${success}`;
}

const NOTABLE: ReadonlySet<string> = new Set(["Outdated", "RestartPending", "Failed"]);

function containerLines(
  hosts: readonly DockerHostObject[],
  nameOf: (host: DockerHostObject) => string,
  { paint, width, linesBelow, all = false }: UpdateLinesOptions,
): string[] {
  // What an earlier check found must not look like the answer of one that failed.
  const notable = hosts
    .filter((host) => failedCheck(host) === undefined || hasCurrentAnswer(host))
    .flatMap((host) =>
      (host.status?.updates?.items ?? [])
        .filter(({ verdict, newerTag }) => all || NOTABLE.has(verdict) || newerTag !== undefined)
        .map((item) => ({ name: nameOf(host), item, cause: failedCheck(host)?.message ?? "" })),
    );
  if (notable.length === 0) return [];
  if (width !== undefined) {
    return fitTable(
      COLUMNS,
      notable.map(({ name, item, cause }) => {
        const detail = detailOf(item);
        // What the line about the failed check says is not repeated below each container.
        return { cells: cellsOf(name, item), below: cause.includes(detail) ? undefined : detail };
      }),
      { width, linesBelow, paintHeader: (text) => paint("bold", text), paintCell: verdictPaint(paint) },
    );
  }
  const hasTags = notable.some(({ item }) => item.newerTag !== undefined);
  const dropTag = (cells: readonly string[]) => (hasTags ? cells : cells.toSpliced(COLUMNS.length - 1, 1));
  const [header = "", ...lines] = renderTable(
    dropTag([...COLUMNS.map(({ name }) => name), "DETAIL"]),
    notable.map(({ name, item }) => dropTag([...cellsOf(name, item), detailOf(item)])),
  );
  return [paint("bold", header), ...lines];
}

const COLUMNS: readonly FitColumn[] = [
  { name: "HOST" },
  { name: "CONTAINER" },
  { name: "IMAGE" },
  { name: "VERDICT" },
  { name: "RUNNING", spare: 2 },
  { name: "AVAILABLE", spare: 1 },
  { name: "NEWER TAG" },
];

function cellsOf(name: string, item: UpdateItemStatus): string[] {
  return [
    name,
    item.container,
    item.image,
    item.verdict,
    shortDigest(item.running),
    shortDigest(item.available),
    item.newerTag === undefined ? "" : `${item.newerTag.tag} (${item.newerTag.change})`,
  ];
}

function detailOf({ verdict, message, reason }: UpdateItemStatus): string {
  return verdict === "Failed" ? (message ?? reason ?? "") : "";
}

function verdictPaint(paint: Paint) {
  return (text: string, column: string): string =>
    column === "VERDICT" && NOTABLE.has(text) ? paint(text === "Failed" ? "red" : "yellow", text) : text;
}
