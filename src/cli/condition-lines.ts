import { styleText } from "node:util";
import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { fitTable } from "./fit-table.ts";
import { oneLine, renderTable } from "./table.ts";
import { wrap } from "./wrap.ts";

export type Colour = "green" | "yellow" | "red";

/** Colours a text, or leaves it unchanged if there is no terminal. */
export type Paint = (format: Colour | "bold" | "gray", text: string) => string;

export const plain: Paint = (_format, text) => text;
export const coloured: Paint = (format, text) => styleText(format, text, { validateStream: false });

export function paintFor(colour: boolean): Paint {
  return colour ? coloured : plain;
}

/**
 * Renders a host's conditions.
 * @param width columns of the terminal; without it each condition is on one line, as in `kubectl describe`
 */
export function conditionLines(host: DockerHostObject, paint: Paint, width?: number): string[] {
  const { namespace, name } = host.metadata;
  const conditions = host.status?.conditions ?? [];
  const cause = findCondition(conditions, "Ready")?.message;
  const rows = conditions.map(({ type, status, reason, message }) => ({
    cells: [`  ${type}`, status, reason],
    // A cause that several conditions share is written once.
    message: type !== "Ready" && message === cause ? "" : message,
  }));
  const warnings = (host.status?.warnings ?? []).map((warning) => `  Warning: ${oneLine(warning)}`);
  const title = paint("bold", `${namespace}/${name}`);
  if (width === undefined) {
    const lines = renderTable(
      ["  TYPE", "STATUS", "REASON", "MESSAGE"],
      rows.map(({ cells, message }) => [...cells, message]),
    );
    return [title, ...lines, ...warnings.map((line) => paint("yellow", line))];
  }
  const lines = fitTable(
    [{ name: "  TYPE" }, { name: "STATUS" }, { name: "REASON" }],
    rows.map(({ cells, message }) => ({ cells, below: message })),
    { width, paintHeader: (text) => paint("bold", text), paintCell: (text) => text },
  );
  return [title, ...lines, ...warnings.flatMap((line) => wrap(line, width)).map((line) => paint("yellow", line))];
}
