import type { RenderedObject } from "./helm.ts";
import { look } from "./look.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** `patch dockerhost.dev/dockerhosts/status` and so on: what the roles of an account grant, each once. */
export function rightsGranted(roles: readonly RenderedObject[]): string[] {
  const rules = roles.flatMap((role) => look(role, "rules") as readonly Rule[]);
  const rights = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  );
  return [...new Set(rights)].sort();
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
  WATCH: "watch",
};

/**
 * The rights that requests for resources need, each once. What every account may ask for, such as the API server's own
 * description, is left out.
 *
 * @param requests `METHOD /path` as ApiProxy notes them
 */
export function rightsUsed(requests: readonly string[]): string[] {
  const rights = requests.flatMap((request) => {
    const [method = "", pathname = ""] = request.split(" ");
    const path = /^\/(?:api\/v1|apis\/(?<group>[^/]+)\/[^/]+)(?:\/namespaces\/[^/]+)?\/(?<rest>[^/].*)$/.exec(pathname);
    if (path?.groups === undefined) return [];
    const { group = "", rest = "" } = path.groups;
    const [resource, name, subresource] = rest.split("/");
    const verb = VERBS[method] ?? (name === undefined ? "list" : "get");
    return [`${verb} ${group}/${subresource === undefined ? resource : `${resource}/${subresource}`}`];
  });
  return [...new Set(rights)].sort();
}
