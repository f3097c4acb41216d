import { beforeAll, describe, expect, inject, it } from "vitest";
import { valuePaths } from "../../../scripts/chart/values-files.ts";
import { CHART, Helm, type RenderedObject } from "./helm.ts";
import { look, put } from "./look.ts";
import { VALUE_CASES, VALUE_CASES_ALONE, type ValueCase } from "./value-cases.ts";

const helm = new Helm(inject("environment"));

function shown(objects: readonly RenderedObject[], { kind, name, at }: ValueCase): unknown {
  const found = objects.find((object) => object.kind === kind && object.metadata.name.endsWith(name ?? ""));
  return look(found, at);
}

describe("the chart", () => {
  let byDefault: readonly RenderedObject[];
  let changed: readonly RenderedObject[];

  beforeAll(async () => {
    const values = VALUE_CASES.reduce((all, { value, to }) => put(all, value, to), {});
    [byDefault, changed] = await Promise.all([helm.template({}), helm.template(values)]);
  });

  it("passes helm lint --strict", async () => {
    expect(await helm.run(["lint", "--strict", CHART])).toContain("1 chart(s) linted, 0 chart(s) failed");
  });

  it("renders the same twice, byte for byte", async () => {
    const template = () => helm.run(["template", "operator", CHART, "--namespace", "dockerhost-system"]);
    expect(await template()).toBe(await template());
  });

  it("has a case for each value of its schema", () => {
    const cases = new Set([...VALUE_CASES, ...VALUE_CASES_ALONE].map(({ value }) => value));
    expect([...cases].sort()).toEqual(valuePaths().sort());
  });

  it.each(VALUE_CASES)("shows $value in the $kind", (valueCase) => {
    expect(shown(changed, valueCase)).toEqual(valueCase.gives);
    expect(shown(byDefault, valueCase)).not.toEqual(valueCase.gives);
  });

  it.each(VALUE_CASES_ALONE)("shows $value in the $kind, alone", async (valueCase) => {
    const objects = await helm.template(put({}, valueCase.value, valueCase.to));
    expect(shown(objects, valueCase)).toEqual(valueCase.gives);
    expect(shown(byDefault, valueCase)).not.toEqual(valueCase.gives);
  });

  it.each([
    ["at the top", { replicas: 3 }],
    ["below", { image: { version: "1" } }],
    ["of the wrong type", { replicaCount: "three" }],
    ["for Node's flags by the back door", { extraEnv: [{ name: "NODE_OPTIONS", value: "--inspect" }] }],
    ["that names no alert", { prometheusRule: { disabled: ["DockerHostNotready"] } }],
  ])("refuses a value %s", async (_where, values) => {
    const { code, stderr } = await helm.attempt(["template", "operator", CHART], values);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("don't meet the specifications of the schema"),
    });
  });

  it("gives the controller a Role in the watched namespace, and no rights elsewhere", async () => {
    const objects = await helm.template({ watchNamespaces: ["a"], rbac: { aggregateRoles: false } });
    const rbac = objects.filter(({ apiVersion }) => apiVersion.startsWith("rbac."));
    expect(rbac.filter(({ kind }) => kind.startsWith("Cluster"))).toEqual([]);
    expect(rbac.filter(({ kind }) => kind === "Role").map(({ metadata }) => metadata.namespace)).toEqual([
      "a",
      "dockerhost-system",
    ]);
  });

  it("writes no Secret and has no wildcard in its roles", () => {
    const roles = byDefault.filter(({ kind }) => /Role$/.test(kind));
    const rules = roles.flatMap((role) => look(role, "rules") as { resources: string[]; verbs: string[] }[]);
    expect(rules.flatMap(({ resources, verbs }) => [...resources, ...verbs])).not.toContain("*");
    const secrets = rules.filter(({ resources }) => resources.includes("secrets"));
    expect(secrets.map(({ verbs }) => verbs)).toEqual([["get", "list", "watch"]]);
  });
});
