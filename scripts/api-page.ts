import { definitionName } from "../src/api/crd.ts";
import type { Kind } from "../src/api/kind.ts";
import { KINDS } from "../src/api/kinds.ts";
import { type JsonSchema, toStructuralSchema } from "../src/api/structural-schema.ts";
import { cell } from "./markdown.ts";

const INTRODUCTION = `# API

Every field of the resources, as \`kubectl explain\` shows them. Generated from \`src/api/\` by \`npm run generate\`; do not edit.
\`[]\` stands for each element of a list, and \`*\` for each key of a map. A field that is required is required only if the
object that contains it is given. [Reasons](reasons.md) lists the conditions and their reasons.
`;

/** Renders docs/api.md: every field of every kind with its type, its default and its meaning. */
export function apiPage(): string {
  return [INTRODUCTION, ...KINDS.flatMap(kindSections)].join("\n");
}

function kindSections(kind: Kind): readonly string[] {
  const { properties } = toStructuralSchema(kind.schema) as { properties: Record<string, JsonSchema> };
  return [
    `## ${kind.kind}\n`,
    `\`${kind.group}/${kind.version}\`, definition \`${definitionName(kind)}\`, short names ${kind.shortNames.map((name) => `\`${name}\``).join(", ")}. ${cell(kind.summary)}.\n`,
    ...["spec", "status"].flatMap((part) => fieldTable(`${kind.kind} ${part}`, part, properties[part] ?? {})),
  ];
}

function fieldTable(title: string, path: string, schema: JsonSchema): readonly string[] {
  return [
    `### ${title}\n`,
    "| field | type | meaning |",
    "| --- | --- | --- |",
    ...childrenOf(path, schema).flatMap((child) => fieldRows(child)),
    "",
  ];
}

interface Field {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

function fieldRows(field: Field): readonly string[] {
  const { path, schema, required } = field;
  const description = typeof schema.description === "string" ? schema.description : "";
  const meaning = [required ? "Required." : "", description, choices(schema), ...rules(schema)]
    .filter(Boolean)
    .join(" ");
  const own = `| \`${path}\` | ${typeOf(schema)} | ${cell(meaning)} |`;
  return [own, ...childrenOf(path, schema).flatMap(fieldRows)];
}

function childrenOf(path: string, schema: JsonSchema): readonly Field[] {
  const { properties, items, additionalProperties, required } = schema as {
    properties?: Record<string, JsonSchema>;
    items?: JsonSchema;
    additionalProperties?: JsonSchema | boolean;
    required?: readonly string[];
  };
  if (items !== undefined) return childrenOf(`${path}[]`, items);
  if (typeof additionalProperties === "object") return childrenOf(`${path}.*`, additionalProperties);
  return Object.entries(properties ?? {}).map(([name, child]) => ({
    path: `${path}.${name}`,
    schema: child,
    required: required?.includes(name) === true,
  }));
}

function typeOf({ type, format, items, additionalProperties }: JsonSchema): string {
  if (items !== undefined) return `list of ${typeOf(items as JsonSchema)}s`;
  if (typeof additionalProperties === "object") return `map of ${typeOf(additionalProperties as JsonSchema)}s`;
  return format === "date-time" ? "time" : String(type);
}

function choices({ enum: values }: JsonSchema): string {
  return Array.isArray(values) ? `One of ${values.map((value) => `\`${value}\``).join(", ")}.` : "";
}

/** What the API server says if a rule does not hold. */
function rules({ "x-kubernetes-validations": validations }: JsonSchema): readonly string[] {
  if (!Array.isArray(validations)) return [];
  return validations.map(({ message }: { message: string }) => `Rule: ${message}.`);
}
