import { Document, isMap, isScalar, type Pair, visit } from "yaml";
import { z } from "zod";
import { cell } from "../markdown.ts";
import { ChartValues } from "./values.ts";

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly default?: unknown;
}

const HEADER = "Generated from scripts/chart/values.ts by `npm run generate`; do not edit.";

/** Returns a closed schema: Helm rejects a value that is not in it. */
export function valuesSchema(): object {
  const schema = z.toJSONSchema(ChartValues, { target: "draft-7", io: "input", reused: "inline" });
  return { ...schema, properties: { ...schema.properties, ...OF_PARENT }, patternProperties: { "^x-": {} } };
}

/** A parent chart's `condition` is usually `enabled`. Keys that begin with `x-` hold YAML anchors. */
const OF_PARENT = {
  enabled: { type: "boolean", description: "For the condition of a parent chart; not used." },
};

/** Renders values.yaml, in which a comment describes each value. */
export function valuesYaml(): string {
  const document = new Document(ChartValues.parse({}));
  document.commentBefore = ` ${HEADER}`;
  const schema = valuesSchema() as Schema;
  visit(document, {
    Pair(_index, pair: Pair, path) {
      const keys = [...path.flatMap((node) => ("key" in node && isScalar(node.key) ? [String(node.key.value)] : []))];
      if (!isScalar(pair.key)) return;
      const own = property(schema, [...keys, String(pair.key.value)]);
      if (own === undefined) return visit.SKIP;
      if (own.description !== undefined) pair.key.commentBefore = ` ${own.description}`;
      if (keys.length === 0) pair.key.spaceBefore = true;
      return isMap(pair.value) && own.properties === undefined ? visit.SKIP : undefined;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** Renders a row for each value, in the order of values.yaml. */
export function valuesTable(): string {
  const rows = leaves(valuesSchema() as Schema, [], ChartValues.parse({}));
  return ["| value | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function leaves(schema: Schema, path: readonly string[], value: unknown): string[] {
  if (schema.properties === undefined) {
    const shown = JSON.stringify(value);
    return [`| \`${path.join(".")}\` | \`${shown}\` | ${cell(schema.description ?? "")} |`];
  }
  return Object.entries(schema.properties).flatMap(([name, own]) =>
    path.length === 0 && name in OF_PARENT
      ? []
      : leaves(own, [...path, name], (value as Record<string, unknown>)[name]),
  );
}

/** Lists the paths of all values, for example `image.tag`. */
export function valuePaths(): string[] {
  return [...valuesTable().matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? "");
}

function property(schema: Schema, path: readonly string[]): Schema | undefined {
  return path.reduce<Schema | undefined>((at, name) => at?.properties?.[name], schema);
}
