import type { HttpAnswer } from "../common/http-server.ts";
import type { AccessDecision } from "../runtime/request-authorizer.ts";

/**
 * The header `Authorization` as a bearer token. A browser can only ask for a name and a password, so a token can also be
 * given as the password, with any name.
 */
export function bearerOf(authorization: string | undefined): string | undefined {
  const basic = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "")?.[1];
  if (basic === undefined) return authorization;
  const login = Buffer.from(basic, "base64").toString("utf8");
  const colon = login.indexOf(":");
  return colon === -1 ? undefined : `Bearer ${login.slice(colon + 1)}`;
}

/** @param where the namespaces for which the permission is needed, in words that follow "get dockerhosts" */
export function refusal(decision: Exclude<AccessDecision, "allowed">, where: string): HttpAnswer {
  switch (decision) {
    case "unauthenticated":
      return {
        status: 401,
        headers: { "www-authenticate": 'Basic realm="dockerhost", charset="UTF-8"' },
        body: 'this page needs a token of the cluster: give it as the password with any user name, or as a bearer token; "kubectl create token NAME" makes one for a service account\n',
      };
    case "forbidden":
      return {
        status: 403,
        body: `you do not have the permission to "get" dockerhosts.dockerhost.dev ${where}; ask an administrator to bind a role with it, such as the ClusterRole "view"\n`,
      };
    case "unavailable":
      return {
        status: 503,
        headers: { "retry-after": "5" },
        body: "the API server cannot say now who may see this page; try again\n",
      };
  }
}
