import type { Kind } from "../api/kind.ts";
import { missingFields, PUBLISHED_SCHEMA_PATH } from "../api/missing-fields.ts";
import { success } from "../common/result.ts";
import type { ApiClient } from "../runtime/api-client.ts";
import type { ApiResult } from "../runtime/api-error.ts";

/** The installed state of a kind's CustomResourceDefinition. */
export type InstalledSchema =
  | { readonly kind: "current" }
  /** There is no definition, or none of this version. */
  | { readonly kind: "absent" }
  /** The definition lacks fields of this version, which the API server would drop silently. */
  | { readonly kind: "older"; readonly missing: readonly string[] };

/** Reads the published schemas of all kinds; undefined if none of our definitions is installed. */
export async function readPublishedSchemas(
  client: Pick<ApiClient, "raw">,
  signal: AbortSignal,
): Promise<ApiResult<unknown>> {
  const published = await client.raw(PUBLISHED_SCHEMA_PATH, { signal });
  return published.ok || published.failure.kind !== "NotFound" ? published : success(undefined);
}

export function installedSchema(kind: Kind, published: unknown): InstalledSchema {
  const missing = missingFields(kind, published);
  if (missing === undefined) return { kind: "absent" };
  return missing.length === 0 ? { kind: "current" } : { kind: "older", missing };
}

/** Installs or updates the definition, even if Helm or another client applied it before. */
export const APPLY_CRD = "kubectl apply --server-side --force-conflicts -f crds/";

/** The first few, and how many more there are. */
export function namedFields(missing: readonly string[]): string {
  const shown = missing.slice(0, 5).join(", ");
  return missing.length > 5 ? `${shown} and ${missing.length - 5} more` : shown;
}
