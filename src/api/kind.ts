import * as z from "zod";
import { success } from "../common/result.ts";
import { schemaWords } from "../common/schema-words.ts";
import type { ConditionType } from "./condition-types.ts";
import { failed, type Outcome } from "./failure.ts";
import { API_VERSION } from "./group.ts";
import type { PrinterColumn } from "./printer-columns.ts";
import type { StatusOwners } from "./status-owners.ts";

/**
 * A kind of resource. Its CustomResourceDefinition, URLs, events, manifests and stored statuses are all made from this;
 * a new kind adds one to `KINDS`, and its condition types to `CONDITION_TYPES_OF`.
 */
export interface Kind<Owner extends string = string> {
  readonly group: string;
  readonly version: string;
  /** One of `KindName`; tests have kinds of their own. */
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** One sentence about the kind, for catalogs of software. */
  readonly summary: string;
  /** The whole resource, as `resourceSchema` makes it. */
  readonly schema: z.ZodType;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly PrinterColumn[];
  /** JSON paths of fields that a field selector may name. */
  readonly selectableFields: readonly string[];
  readonly owners: StatusOwners<Owner, ConditionType>;
}

/** The schema of a whole resource, for its CustomResourceDefinition. */
export function resourceSchema(kind: string, description: string, spec: z.ZodType, status: z.ZodType): z.ZodType {
  return z
    .object({
      apiVersion: z.string().max(64).optional().describe("Version of this schema."),
      kind: z.string().max(64).optional().describe(`${kind}.`),
      metadata: z.looseObject({}).optional(),
      spec,
      status: status.optional(),
    })
    .describe(description);
}

/** The name of a field by its path in the spec, for messages. */
export type FieldName = (path: readonly PropertyKey[]) => string;

const inSpec: FieldName = (path) => z.core.toDotPath(["spec", ...path]);

/** The spec with its defaults; the message names each field that does not fit. */
export function parseSpecAs<Spec>(schema: z.ZodType<Spec>, spec: unknown, nameOf = inSpec): Outcome<Spec> {
  const parsed = schema.safeParse(spec ?? {}, { error: schemaWords });
  if (parsed.success) return success(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) => `${nameOf(path)}: ${message}`);
  return failed("InvalidSpec", problems.slice(0, 8).join("; "));
}

/** The type of an object in a manifest or an answer. */
export function isOfKind({ kind }: Kind, type: { readonly apiVersion: string; readonly kind: string }): boolean {
  return type.apiVersion === API_VERSION && type.kind === kind;
}
