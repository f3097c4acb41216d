import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { parse } from "yaml";
import { valuePaths } from "../../../scripts/chart/values-files.ts";
import { CHART, HELM_VERSIONS, Helm, type RenderedObject, type TemplateOptions } from "./helm.ts";
import { look, put } from "./look.ts";
import { VALUE_CASES, VALUE_CASES_ALONE, type ValueCase } from "./value-cases.ts";

const { kube } = inject("environment");
const helm = new Helm(kube);

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

  it.each(HELM_VERSIONS)("passes helm lint --strict of Helm %i", async (version) => {
    const linted = await new Helm(kube, version).run(["lint", "--strict", CHART]);
    expect(linted).toContain("1 chart(s) linted, 0 chart(s) failed");
  });

  it("renders the same objects with every Helm", async () => {
    const inOrder = (objects: readonly RenderedObject[]) =>
      objects.toSorted((a, b) => `${a.kind} ${a.metadata.name}`.localeCompare(`${b.kind} ${b.metadata.name}`));
    for (const version of HELM_VERSIONS) {
      expect(inOrder(await new Helm(kube, version).template({}))).toEqual(inOrder(byDefault));
    }
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

  it.each(VALUE_CASES_ALONE)("shows only $value in the $kind", async (valueCase) => {
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

  it("renders the values that the documentation shows", async () => {
    const pages = ["install.md", "openshift.md", "metrics-tls.md", "registry-proxy.md", "dashboards.md"].map((name) =>
      readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8"),
    );
    const blocks = pages.flatMap((page) =>
      [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => parse(text) as object),
    );
    expect(blocks.length).toBeGreaterThan(2);
    for (const values of blocks) expect(await helm.template(values)).not.toEqual([]);
  });

  describe("the permissions", () => {
    interface Rule {
      readonly apiGroups: readonly string[];
      readonly resources: readonly string[];
      readonly verbs: readonly string[];
    }
    /** `verb group/resource` for each that a role with such a name grants. */
    const granted = async (values: object, name: RegExp) => {
      const objects = await helm.template(values);
      const roles = objects.filter(({ kind, metadata }) => /Role$/.test(kind) && name.test(metadata.name));
      expect(roles).not.toEqual([]);
      const rules = roles.flatMap((role) => (role as unknown as { rules: Rule[] }).rules);
      return rules.flatMap(({ apiGroups, resources, verbs }) =>
        verbs.flatMap((verb) =>
          apiGroups.flatMap((group) => resources.map((each) => `${verb} ${group === "" ? "core" : group}/${each}`)),
        ),
      );
    };
    const CONTROLLER = /dockerhost-operator$/;
    /** What a controller may do that only looks, and what it needs to say that updates are off. */
    const WITHOUT_UPDATES = [
      "list dockerhost.dev/dockerhosts",
      "watch dockerhost.dev/dockerhosts",
      "patch dockerhost.dev/dockerhosts/status",
      "get core/secrets",
      "list core/secrets",
      "watch core/secrets",
      "create events.k8s.io/events",
      "patch events.k8s.io/events",
      "list dockerhost.dev/containerupdates",
      "watch dockerhost.dev/containerupdates",
      "patch dockerhost.dev/containerupdates/status",
    ];
    const MORE = ["patch dockerhost.dev/containerupdates", "delete dockerhost.dev/containerupdates"];

    it.each([
      ["in all namespaces", {}],
      ["in one namespace", { watchNamespaces: ["fleet"] }],
    ])("of the controller, %s, grow with updates by exactly two", async (_, values) => {
      const off = await granted(values, CONTROLLER);
      expect(off.toSorted()).toEqual(WITHOUT_UPDATES.toSorted());
      const on = await granted({ ...values, updates: { enabled: true } }, CONTROLLER);
      expect(on.toSorted()).toEqual([...WITHOUT_UPDATES, ...MORE].toSorted());
    });

    it("of users include to create updates only where there are any", async () => {
      const changes = async (values: object) =>
        (await granted(values, /edit$/)).filter((each) => each.endsWith("/containerupdates")).toSorted();
      expect(await changes({})).toEqual([]);
      expect(await changes({ updates: { enabled: true } })).toContain("create dockerhost.dev/containerupdates");
    });
  });

  it("lets a controller have only the lease of its selector", async () => {
    const objects = await helm.template({ shards: [{ name: "east", labelSelector: "zone=east" }] });
    const role = objects.find(({ metadata }) => metadata.name.endsWith("-leader-election"));
    expect(look(role, "rules.1.resourceNames")).toEqual([
      "operator-dockerhost-operator-5f6eff0e38",
      "dockerhost-operator-5f6eff0e38",
    ]);
  });

  describe("the Lease of a release", () => {
    const leasesOf = async (values: object, release?: string) => {
      const objects = await helm.template(values, { ...(release !== undefined && { release }) });
      const args = look(
        objects.find(({ kind }) => kind === "Deployment"),
        "spec.template.spec.containers.0.args",
      );
      const flags = (args as string[]).filter((arg) => /^--leader-election-(name|namespace|former-name)=/.test(arg));
      const roles = objects.filter(
        ({ kind, metadata }) => kind === "Role" && metadata.name.endsWith("-leader-election"),
      );
      return {
        flags: flags.map((flag) => flag.replace("--leader-election-", "")),
        rights: roles.flatMap((role) =>
          (role as unknown as { rules: { verbs: string[]; resourceNames?: string[] }[] }).rules.map(
            ({ verbs, resourceNames = [] }) => `${role.metadata.namespace}: ${verbs} ${resourceNames}`,
          ),
        ),
      };
    };

    it("has the release's name, and keeps the one it had if that is the same", async () => {
      expect(await leasesOf({}, "dockerhost-operator")).toEqual({
        flags: ["name=dockerhost-operator"],
        rights: ["dockerhost-system: create ", "dockerhost-system: get,update dockerhost-operator"],
      });
      expect(await leasesOf({}, "fleet")).toEqual({
        flags: ["name=fleet-dockerhost-operator", "former-name=dockerhost-operator"],
        rights: [
          "dockerhost-system: create ",
          "dockerhost-system: get,update fleet-dockerhost-operator,dockerhost-operator",
        ],
      });
    });

    it("has the name and namespace of the values, and the permissions for both", async () => {
      expect(await leasesOf({ leaderElection: { name: "123", namespace: "leases" } })).toEqual({
        flags: ["name=123", "namespace=leases", "former-name=dockerhost-operator"],
        rights: ["leases: create ", "leases: get,update 123", "dockerhost-system: get,update dockerhost-operator"],
      });
      expect((await leasesOf({ leaderElection: { namespace: "leases" } }, "fleet")).flags[0]).toBe(
        "name=dockerhost-system.fleet-dockerhost-operator",
      );
    });
  });

  describe("on OpenShift", () => {
    const openShift = { only: ["deployment.yaml"], more: ["--api-versions=security.openshift.io/v1"] };
    const contextOf = async (values: object, options: TemplateOptions) =>
      look((await helm.template(values, options))[0], "spec.template.spec.securityContext");
    const rest = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };

    it("leaves the choice of users to the cluster, also where the values of the documentation say so", async () => {
      expect(await contextOf({}, openShift)).toEqual(rest);
      const chosen = { podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } };
      expect(await contextOf(chosen, { only: ["deployment.yaml"] })).toEqual(rest);
    });

    it("keeps users that the values choose", async () => {
      expect(await contextOf({ podSecurityContext: { runAsUser: 1234 } }, openShift)).toEqual({
        ...rest,
        runAsUser: 1234,
      });
    });

    it("lets the pods reach the cluster's DNS, whose pods listen on port 5353", async () => {
      const values = { networkPolicy: { egress: { enabled: true } } };
      const [policy] = await helm.template(values, { only: ["network-policy.yaml"] });
      const ports = look(policy, "spec.egress.0.ports") as { port: number; protocol: string }[];
      expect(ports.map(({ port, protocol }) => `${port}/${protocol}`)).toEqual([
        "53/UDP",
        "53/TCP",
        "5353/UDP",
        "5353/TCP",
      ]);
    });
  });

  it.each<[string, object, object]>([
    ["a self-signed certificate", {}, { insecureSkipVerify: true }],
    [
      "a certificate of a Secret",
      { certSecret: "metrics-tls" },
      {
        serverName: "operator-dockerhost-operator.dockerhost-system.svc",
        ca: { secret: { name: "metrics-tls", key: "ca.crt" } },
      },
    ],
  ])("has Prometheus log in and verify what it can of %s", async (_, secure, tlsConfig) => {
    const values = { metrics: { secure: { enabled: true, ...secure }, serviceMonitor: { enabled: true } } };
    const [monitor] = await helm.template(values, { only: ["service-monitor.yaml"] });
    expect(look(monitor, "spec.endpoints.0")).toMatchObject({
      scheme: "https",
      bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
      tlsConfig,
    });
  });

  it("asks for reviews only where metrics are secure", async () => {
    const rights = async (values: object) =>
      (await helm.template(values)).flatMap((object) =>
        ((look(object, "rules") ?? []) as { resources?: string[] }[]).flatMap(({ resources = [] }) => resources),
      );
    const secure = { metrics: { secure: { enabled: true } } };
    expect(await rights({})).not.toContain("tokenreviews");
    expect(await rights(secure)).toEqual(expect.arrayContaining(["tokenreviews", "subjectaccessreviews"]));
    expect(await rights({ ...secure, rbac: { create: false } })).not.toContain("tokenreviews");
  });

  it("asks who reads the page, and offers it beyond the pod, only with page.auth", async () => {
    const parts = async (page: object, more = {}) =>
      (await helm.template({ page: { enabled: true, ...page }, ...more }))
        .map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/^.*operator/, "")}`)
        .filter((name) => name.includes("page"))
        .toSorted();
    const roles = ["ClusterRole .page-access", "ClusterRole .page-reader", "ClusterRoleBinding .page-access"];
    expect(await parts({})).toEqual([]);
    expect(await parts({ auth: "kubernetes" })).toEqual([...roles, "Service -page"]);
    expect(await parts({ auth: "kubernetes" }, { rbac: { create: false } })).toEqual(["Service -page"]);
    const shards = ["a", "b"].map((name) => ({ name, labelSelector: `shard=${name}` }));
    const readers = [{ kind: "Group", name: "operators", apiGroup: "rbac.authorization.k8s.io" }];
    const many = await parts({ auth: "kubernetes", readers }, { shards, watchNamespaces: ["x", "y"] });
    const bindings = ["RoleBinding .page-reader", "RoleBinding .page-reader"];
    expect(many).toEqual([...roles, ...bindings, "Service -a-page", "Service -b-page"]);
  });

  it("has a test whose objects no other release can have, and no Service sends scrapes to", async () => {
    const test = async (release: string) =>
      await helm.template({}, { release, only: ["tests/release.yaml", "service.yaml", "service-account.yaml"] });
    const [first, second] = [await test("op"), await test("op-test")];
    const names = [...first, ...second].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBe(12);
    const selector = look(
      first.find(({ kind }) => kind === "Service"),
      "spec.selector",
    ) as Record<string, string>;
    const { labels = {} } = first.find(({ kind }) => kind === "Pod")?.metadata ?? {};
    expect(Object.entries(selector).every(([name, value]) => labels[name] === value)).toBe(false);
  });

  it("gives each shard a Deployment, a selector and a budget of its own", async () => {
    const shards = ["east", "west"].map((name) => ({ name, labelSelector: `zone=${name}` }));
    const objects = await helm.template({ shards });
    for (const kind of ["Deployment", "PodDisruptionBudget"]) {
      const found = objects.filter((object) => object.kind === kind);
      expect(found.map(({ metadata }) => metadata.name)).toEqual([
        "operator-dockerhost-operator-east",
        "operator-dockerhost-operator-west",
      ]);
      expect(found.map((object) => look(object, "spec.selector.matchLabels.dockerhost\\.dev/shard"))).toEqual([
        "east",
        "west",
      ]);
    }
  });

  it("gives the controller a Role in each watched namespace, and no permissions elsewhere", async () => {
    const objects = await helm.template({
      watchNamespaces: ["a", "b"],
      rbac: { aggregateRoles: false },
      helmTest: { enabled: false },
    });
    const rbac = objects.filter(({ apiVersion }) => apiVersion.startsWith("rbac."));
    expect(rbac.filter(({ kind }) => kind.startsWith("Cluster"))).toEqual([]);
    expect(rbac.filter(({ kind }) => kind === "Role").map(({ metadata }) => metadata.namespace)).toEqual([
      "a",
      "b",
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
