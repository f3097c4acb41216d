import type { ObjectKey } from "./kube-object.ts";

/** A kind of object as the API server's URLs name it. The core group is "". */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export function apiVersionOf({ group, version }: Pick<Resource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

/** Returns the URL path of all objects, or of those in one namespace. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = namespace === undefined ? "" : `/namespaces/${segment(namespace)}`;
  return `${root}${scope}/${resource.plural}`;
}

export function objectPath(resource: Resource, key: ObjectKey, subresource?: "status"): string {
  const path = `${collectionPath(resource, key.namespace)}/${segment(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Refuses `..`, which escaping leaves unchanged and URL parsers resolve. It is not a valid name in Kubernetes. */
function segment(name: string): string {
  if (name === "" || name === "." || name === "..")
    throw new RangeError(`${JSON.stringify(name)} is not the name of an object`);
  return encodeURIComponent(name);
}
