import { describe, expect, it } from "vitest";
import { ChartValues } from "./values.ts";
import { valuesSchema, valuesTable } from "./values-files.ts";

describe("the chart's values", () => {
  it("have a meaning each", () => {
    expect(
      valuesTable()
        .split("\n")
        .filter((row) => row.endsWith("|  |")),
    ).toEqual([]);
  });

  it("are closed on every level that they describe", () => {
    const open: string[] = [];
    const walk = (schema: Record<string, unknown>, path: string) => {
      const { properties, additionalProperties } = schema;
      if (typeof properties !== "object" || properties === null) return;
      if (additionalProperties !== false) open.push(path);
      for (const [name, own] of Object.entries(properties)) walk(own, `${path}.${name}`);
    };
    walk(valuesSchema() as Record<string, unknown>, "");
    // A parent chart may share further values with all of its charts.
    expect(open).toEqual([".global"]);
  });

  it.each([
    ["an address that is no digest", { image: { digest: "latest" } }],
    ["a duration without a unit", { leaderElection: { leaseDuration: "15" } }],
    ["a namespace that cannot be one", { watchNamespaces: ["Fleet"] }],
  ])("refuse %s", (_what, values) => {
    expect(ChartValues.safeParse(values).success).toBe(false);
  });
});
