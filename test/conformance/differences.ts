import type { Row } from "./row.ts";

/** The rows in which the product deliberately differs from docker, as a table of Markdown. */
export function differencesTable(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ what, docker, product, difference }) =>
    difference === undefined
      ? []
      : [`| ${what} | ${docker === "connects" ? "connects" : "refuses"} | \`${product}\` | ${difference} |`],
  );
  return ["| row | docker | the product | why |", "| --- | --- | --- | --- |", ...lines, ""].join("\n");
}
