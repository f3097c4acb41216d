import type { DockerHostObject } from "../../api/docker-host.ts";
import { hostPage, type PageOptions, type PageSection } from "../../views/host-page.ts";
import { conditionLines, type Paint } from "../condition-lines.ts";
import { oneLine, renderTable } from "../table.ts";

export interface StatusPageOptions extends PageOptions {
  readonly paint: Paint;
  /** Columns of the terminal, if the output is one. */
  readonly width?: number | undefined;
}

/** Renders everything known about a host: its conditions, connection, certificates, credentials and updates. */
export function statusPage(host: DockerHostObject, options: StatusPageOptions): string[] {
  const { paint, width } = options;
  return [
    ...conditionLines(host, paint, width),
    ...hostPage(host, options).flatMap((section) => [
      "",
      paint("bold", section.title),
      ...linesOf(section, paint).map((line) => `  ${line}`.trimEnd()),
    ]),
  ];
}

function linesOf({ facts, table, note }: PageSection, paint: Paint): string[] {
  const width = Math.max(0, ...facts.map(([name]) => name.length + 1));
  return [
    ...facts.map(([name, value]) => `${`${name}:`.padEnd(width)}  ${oneLine(value)}`),
    ...(facts.length > 0 && table !== undefined ? [""] : []),
    ...(table === undefined ? [] : renderTable(table.header, table.rows)),
    ...(note === undefined ? [] : [paint("yellow", note)]),
  ];
}
