import { beforeEach, describe, expect, it } from "vitest";
import type { AuditEvent } from "../env/audit.ts";
import { RightsTally, rightsGranted } from "./rights-tally.ts";

const ACCOUNT = "system:serviceaccount:a:operator-dockerhost-operator";
const SECRETS = { resource: "secrets", namespace: "a" };
const CHART = 'RBAC: allowed by RoleBinding "x/a" of Role "a-operator-dockerhost-operator" to ServiceAccount "x/a"';

let tally: RightsTally;

beforeEach(() => {
  tally = new RightsTally();
});

function see(changes: Partial<AuditEvent>, decision?: "allow" | "forbid", reason = ""): void {
  const base = { verb: "list", requestURI: "/api/v1/namespaces/a/secrets?limit=500", user: { username: ACCOUNT } };
  const decided = { "authorization.k8s.io/decision": decision ?? "", "authorization.k8s.io/reason": reason };
  tally.see({ ...base, ...changes, annotations: decision === undefined ? {} : decided });
}

describe("RightsTally", () => {
  it("counts what the chart's roles let through, by right", () => {
    see({ objectRef: SECRETS }, "allow", CHART);
    see({ objectRef: SECRETS }, "allow", CHART);
    const status = { apiGroup: "dockerhost.dev", resource: "dockerhosts", subresource: "status", namespace: "a" };
    see({ verb: "patch", objectRef: status }, "allow", CHART);
    expect([...tally.used]).toEqual([
      ["list secrets", 2],
      ["patch dockerhost.dev/dockerhosts/status", 1],
    ]);
    expect([tally.calls, tally.accounts, tally.refused.size, tally.stray.size]).toEqual([3, 1, 0, 0]);
  });

  it("keeps apart what every account may do", () => {
    const reason =
      'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "g"';
    see({ verb: "get", requestURI: "/openapi/v3?hash=1" }, "allow", reason);
    expect([...tally.everyones]).toEqual([["get /openapi/v3", 1]]);
    expect(tally.used.size).toBe(0);
  });

  it("reports what is refused, by the authorizer or behind it", () => {
    see({ objectRef: SECRETS }, "forbid");
    see({ verb: "watch", objectRef: SECRETS, responseStatus: { code: 403 } }, "allow", CHART);
    expect([...tally.refused.keys()]).toEqual([
      "operator-dockerhost-operator: list secrets",
      "operator-dockerhost-operator: watch secrets",
    ]);
  });

  it("distinguishes what is granted in the same namespace at another time from what is granted in another", () => {
    see({ objectRef: SECRETS }, "forbid");
    see({ objectRef: { ...SECRETS, namespace: "b" } }, "forbid");
    see({ objectRef: SECRETS }, "allow", CHART);
    expect([...tally.refusedForAMoment]).toEqual([["operator-dockerhost-operator: list secrets", 1]]);
    expect([...tally.refused]).toEqual([["operator-dockerhost-operator: list secrets", 1]]);
  });

  it("reports a controller with another account, and a permission that the chart did not give", () => {
    const userAgent = "dockerhost-operator/0.1.0";
    see({ user: { username: "admin" }, userAgent, objectRef: SECRETS }, "allow");
    const reason = 'RBAC: allowed by ClusterRoleBinding "mine" of ClusterRole "cluster-admin" to User "u"';
    see({ objectRef: SECRETS }, "allow", reason);
    expect([...tally.stray.keys()]).toEqual([
      "admin: list secrets",
      `operator-dockerhost-operator: list secrets: ${reason}`,
    ]);
  });

  it("leaves out others, and what the authorizer was not asked", () => {
    see({ user: { username: "admin" }, userAgent: "kubectl/v1.36", objectRef: SECRETS }, "allow");
    see({ user: { username: "system:serviceaccount:a:default" }, objectRef: SECRETS }, "forbid");
    see({ objectRef: SECRETS, responseStatus: { code: 429 } });
    expect([tally.calls, tally.used.size, tally.refused.size, tally.stray.size]).toEqual([1, 0, 0, 0]);
  });
});

describe("rightsGranted", () => {
  it("names each right of all rules once", () => {
    const secrets = { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"] };
    const status = { apiGroups: ["dockerhost.dev"], resources: ["dockerhosts/status"], verbs: ["patch"] };
    expect(rightsGranted([secrets, status, secrets])).toEqual([
      "get secrets",
      "list secrets",
      "patch dockerhost.dev/dockerhosts/status",
    ]);
  });
});
