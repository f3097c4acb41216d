import * as z from "zod";

/** JSON, as far as a schema needs it. */
export type JsonSchema = { [key: string]: unknown };

/**
 * The structural OpenAPI v3 schema that a CustomResourceDefinition takes, from a zod schema.
 * zod's openapi-3.0 target is nearly that; what the API server refuses or ignores is removed here.
 */
export function toStructuralSchema(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    reused: "inline",
    cycles: "throw",
    override: ({ zodSchema, jsonSchema }) => adapt(zodSchema._zod.def.type, jsonSchema as JsonSchema),
  }) as JsonSchema;
  const { $schema: _, ...structural } = json;
  return structural;
}

function adapt(zodType: string, node: JsonSchema): void {
  // kubectl explain shows only the description.
  if (zodType === "default" && typeof node.default !== "object") node.description += ` Default: ${node.default}.`;
  // Closed objects are pruned by the server, and refused where the client asks for strict validation.
  if (node.additionalProperties === false) delete node.additionalProperties;
  if (node.properties !== undefined) delete node.additionalProperties;
  // zod's own date-time pattern is narrower than RFC 3339; the server knows the format.
  if (node.format === "date-time") delete node.pattern;
  if (node.type === "integer") {
    if (node.format === undefined) node.format = "int64";
    // The bounds of a safe integer are not informative.
    if (node.maximum === Number.MAX_SAFE_INTEGER || node.maximum === 2 ** 31 - 1) delete node.maximum;
    if (node.minimum === Number.MIN_SAFE_INTEGER || node.minimum === -(2 ** 31)) delete node.minimum;
  }
  if (zodType === "object" && node.required !== undefined && (node.required as string[]).length === 0)
    delete node.required;
}
