import type { ObjectKey } from "./object.ts";

/** One kind of object as the API server's URLs name it. The core group is "". */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** The URL path of all objects, or of one namespace's. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = namespace === undefined ? "" : `/namespaces/${segment(namespace)}`;
  return `${root}${scope}/${resource.plural}`;
}

export function objectPath(resource: Resource, key: ObjectKey, subresource?: "status"): string {
  const path = `${collectionPath(resource, key.namespace)}/${segment(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Escaping alone leaves `..` as it is, which URL parsers resolve; no name in Kubernetes may be that. */
function segment(name: string): string {
  if (name === "" || name === "." || name === "..") throw new RangeError(`${JSON.stringify(name)} is no object's name`);
  return encodeURIComponent(name);
}
