import { beforeEach, describe, expect, it } from "vitest";
import { compareRights, formatRights, type RightsPromise } from "./compare-rights.ts";
import { RightsTally } from "./rights-tally.ts";

const NONE = { refused: {}, unused: {} };
const GRANTED = ["get secrets", "list secrets"];

let tally: RightsTally;

beforeEach(() => {
  tally = new RightsTally();
});

/** A call of a controller of namespace `a`. */
function see(verb: string, decision: "allow" | "forbid", user = "system:serviceaccount:a:dockerhost-operator"): void {
  const reason = 'RBAC: allowed by RoleBinding "x/a" of Role "a-dockerhost-operator" to ServiceAccount "x/a"';
  tally.see({
    verb,
    requestURI: "/api/v1/namespaces/a/secrets",
    userAgent: "dockerhost-operator/0.1.0",
    user: { username: user },
    objectRef: { resource: "secrets", namespace: "a" },
    annotations: { "authorization.k8s.io/decision": decision, "authorization.k8s.io/reason": reason },
  });
}

const compared = (more: Partial<RightsPromise> = {}) =>
  compareRights(tally, { granted: GRANTED, deliberate: NONE, isWhole: true, ...more }).map(({ seen, kept }) =>
    kept ? "kept" : seen,
  );

describe("compareRights", () => {
  it("is content where all that is granted is used, and nothing else", () => {
    see("get", "allow");
    see("list", "allow");
    expect(compared()).toEqual(["kept", "kept", "kept"]);
  });

  it("names a call that is not granted, and one of another account", () => {
    see("get", "allow");
    see("list", "allow");
    see("delete", "forbid");
    see("list", "allow", "admin");
    expect(compared()).toEqual([
      "dockerhost-operator: delete secrets (1 times)",
      "admin: list secrets (1 times)",
      "kept",
    ]);
  });

  it("accepts that a server which is starting refuses what the chart grants, but not again and again", () => {
    see("list", "allow");
    see("get", "allow", "system:serviceaccount:b:dockerhost-operator");
    for (let times = 0; times < 3; times++) see("get", "forbid");
    expect(compared()).toEqual(["kept", "kept", "kept"]);
    see("get", "forbid");
    expect(compared()).toEqual(["dockerhost-operator: get secrets (4 times)", "kept", "kept"]);
  });

  it("names a permission that nothing uses, only for a whole run", () => {
    see("get", "allow");
    expect(compared()).toEqual(["kept", "kept", "list secrets"]);
    expect(compared({ isWhole: false })).toEqual(["kept", "kept", "kept"]);
  });

  it("takes what is deliberate, and names what is on the lists and no longer so", () => {
    const deliberate = {
      refused: { "dockerhost-operator: delete secrets": "tested" },
      unused: { "list secrets": "rare" },
    };
    see("get", "allow");
    see("delete", "forbid");
    expect(compared({ deliberate })).toEqual(["kept", "kept", "kept"]);
    tally = new RightsTally();
    see("get", "allow");
    see("list", "allow");
    expect(compared({ deliberate })).toEqual(["kept", "kept", "list secrets, dockerhost-operator: delete secrets"]);
  });
});

describe("formatRights", () => {
  it("reports how often each permission was used, and what is deliberate", () => {
    see("get", "allow");
    see("get", "forbid");
    see("delete", "forbid");
    const deliberate = {
      refused: { "dockerhost-operator: delete secrets": "tested" },
      unused: { "list secrets": "rare" },
    };
    const rows = [{ promise: "p", seen: "s", kept: true }];
    expect(formatRights(tally, rows, deliberate).split("\n")).toEqual([
      "rights of the controllers",
      "  kept    p  s",
      "  refused 1 times, deliberately: dockerhost-operator: delete secrets: tested",
      "  refused 1 times by a server that was starting, and granted: dockerhost-operator: get secrets",
      "  not used, deliberately: list secrets: rare",
      "  calls by a right that the chart grants:",
      "         1  get secrets",
      "  calls by what every account may do:",
    ]);
  });
});
