import * as z from "zod";
import { MAX_UNKNOWN, type UnknownField } from "../api/unknown-fields.ts";
import { nearestWord } from "../common/nearest-word.ts";
import { isKubeName, MAX_NAME_LENGTH } from "../runtime/kube-object.ts";

const DEFAULT_NAMESPACE = "default";

const Metadata = z.looseObject({
  name: z
    .string()
    .max(MAX_NAME_LENGTH, { error: `must have at most ${MAX_NAME_LENGTH} characters`, abort: true })
    .refine(isKubeName, "must consist of lower-case letters, digits, '-' and '.'"),
  namespace: z.string().refine(isKubeName, "must be a valid namespace name").default(DEFAULT_NAMESPACE),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

/** What every document has. */
export const TypeMeta = z.object({ apiVersion: z.string(), kind: z.string() });
export const ObjectDocument = z.looseObject({
  ...TypeMeta.shape,
  metadata: Metadata,
  spec: z.unknown().optional(),
  // `kubectl get -o yaml` also prints the status. It is ignored.
  status: z.unknown().optional(),
});
export const SecretDocument = z.looseObject({
  ...TypeMeta.shape,
  metadata: Metadata,
  data: z.record(z.string(), z.string()).nullish(),
  stringData: z.record(z.string(), z.string()).nullish(),
  type: z.string().optional(),
  immutable: z.boolean().optional(),
});
/** What the API server has in metadata in addition; `kubectl get -o yaml` prints some of it. */
const OTHER_METADATA = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "finalizers",
  "generateName",
  "generation",
  "managedFields",
  "ownerReferences",
  "resourceVersion",
  "selfLink",
  "uid",
];

/** The unknown fields of a document itself and of its metadata. */
export function unknownAround(
  { metadata, ...document }: { readonly metadata: object },
  known: Readonly<Record<string, unknown>>,
): readonly UnknownField[] {
  const inMetadata = [...Object.keys(Metadata.shape), ...OTHER_METADATA];
  return [
    ...unknownNames(Object.keys(document), Object.keys(known), ""),
    ...unknownNames(Object.keys(metadata), inMetadata, "metadata."),
  ];
}

function unknownNames(given: readonly string[], known: readonly string[], prefix: string): readonly UnknownField[] {
  return given
    .filter((name) => !known.includes(name))
    .slice(0, MAX_UNKNOWN)
    .map((name) => {
      const near = nearestWord(name, known);
      return { path: `${prefix}${name}`, ...(near !== undefined && { meant: `${prefix}${near}` }) };
    });
}

export function describeUnknown(object: string, { path, meant }: UnknownField): string {
  return `${object}: unknown field "${nameOf(path)}"; ${meant === undefined ? "correct or remove it" : `did you mean ${meant}?`}`;
}

/** Returns the name of a field for a message. After a typo, the name may be a whole key, which must not be quoted. */
export function nameOf(field: string): string {
  return /^[-._/a-zA-Z0-9[\]]{1,64}$/.test(field) ? field : "...";
}
