/** The name of a namespaced object. Its text form `namespace/name` is the key of stores and queues. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** The part of metav1.ObjectMeta that the program reads. Dates are RFC 3339 strings, as the API server sends them. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: readonly { readonly uid?: string | undefined }[] | undefined;
}

/** Any Kubernetes object, as plain JSON. */
export interface KubeObject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ObjectMeta;
}

export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** The inverse of keyOf. A text without a slash is a name without a namespace. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, Math.max(0, slash)), name: key.slice(slash + 1) };
}

export const MAX_NAME_LENGTH = 253;

/**
 * Whether Kubernetes accepts a text as the name of a Secret or custom resource: an RFC 1123 subdomain of at most 253
 * characters.
 */
export function isKubeName(text: string): boolean {
  const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  return text.length <= MAX_NAME_LENGTH && new RegExp(`^${label}(\\.${label})*$`).test(text);
}

/** Checks what this layer needs of a received value: an object that has metadata with a name. */
export function isKubeObject(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value.metadata) && typeof value.metadata.name === "string";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether version `a` is older than `b`. Since 1.35, Kubernetes guarantees that the resource versions of a resource can
 * be compared as numbers. If one is not a number, the order is unknown, and the answer is no.
 */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  const number = /^(0|[1-9][0-9]*)$/;
  if (a === undefined || b === undefined || !number.test(a) || !number.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}
