import { describe, expect, inject, it } from "vitest";
import { CHART, Helm, type RenderedObject, type TemplateOptions } from "./helm.ts";
import { look } from "./look.ts";

const helm = new Helm(inject("environment").kube);
const LONG_RELEASE = "a".repeat(53);

const refusal = async (values: object, release = "operator") => {
  const { code, stderr } = await helm.attempt(["template", release, CHART], values);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.any(String) });
  return stderr;
};
const monitored = { metrics: { serviceMonitor: { enabled: true } } };
const rules = (rule: object) => ({ ...monitored, prometheusRule: { enabled: true, ...rule } });
const election = (leaderElection: object) => ({ leaderElection });
const shard = (name: string, labelSelector: string) => ({ name, labelSelector });
const sidecar = (more: object) => ({ extraContainers: [{ name: "side", ...more }] });
const volume = (name: string) => ({ name, emptyDir: {} });
const mount = (mountPath: string) => ({ name: "a", mountPath });

describe("values that cannot work", () => {
  it.each<[string, object, string]>([
    ["metrics.port", { metrics: { port: 9440 } }, "metrics.port and probes.port are both 9440"],
    [
      "page.enabled",
      { page: { enabled: true }, metrics: { port: 8090 } },
      "metrics.port is 8090, the port of the page",
    ],
    ["page.auth without a page", { page: { auth: "kubernetes" } }, "page.auth kubernetes needs page.enabled"],
    [
      "a page's certificate without a login",
      { page: { enabled: true, certSecret: "a" } },
      "page.certSecret needs page.auth kubernetes",
    ],
    [
      "a page's readers without a login",
      { page: { enabled: true, readers: [{ kind: "Group", name: "a" }] } },
      "page.readers needs page.auth kubernetes",
    ],
    [
      "a name that is too long for the page's Service",
      { page: { enabled: true, auth: "kubernetes" }, fullnameOverride: "a".repeat(60) },
      "only 58 are allowed with page.auth",
    ],
    ["page.enabled with hostNetwork", { page: { enabled: true }, hostNetwork: true }, "since hostNetwork is true"],
    ["probes.port", { probes: { port: 8080 } }, "metrics.port and probes.port are both 8080"],
    [
      "a sidecar's port",
      sidecar({ ports: [{ containerPort: 8080 }] }),
      'A port of the container "side" and metrics.port are both 8080',
    ],
    [
      "a sidecar's port that the probes use",
      sidecar({ ports: [{ containerPort: 1 }, { containerPort: 9440 }] }),
      'A port of the container "side" and probes.port are both 9440',
    ],
    ["leaseDuration", election({ leaseDuration: "10s" }), "leaseDuration (10s) must be longer than"],
    ["a fraction", election({ leaseDuration: "20500ms" }), "leaseDuration (20500ms) must be whole seconds"],
    ["renewDeadline", election({ renewDeadline: "2400ms" }), "must be longer than 1.2 x leaderElection.retryPeriod"],
    ["units that differ", election({ renewDeadline: "1m" }), "must be longer than leaderElection.renewDeadline (1m)"],
    ["retryPeriod", election({ retryPeriod: "0s" }), "leaderElection.retryPeriod must be longer than 0s"],
    [
      "gracefulShutdownTimeout",
      { gracefulShutdownTimeout: "15001ms" },
      "terminationGracePeriodSeconds (30) must be at least 15 s longer than gracefulShutdownTimeout (15001ms)",
    ],
    ["a grace in minutes", { gracefulShutdownTimeout: "1m30s", terminationGracePeriodSeconds: 104 }, "(104) must be"],
    [
      "scrapeTimeout",
      { metrics: { serviceMonitor: { scrapeTimeout: "1m" } } },
      "scrapeTimeout (1m) must not be longer",
    ],
    [
      "thresholds",
      { prometheusRule: { thresholds: { certificateCriticalDays: 14 } } },
      "certificateCriticalDays must be less than",
    ],
    ["a rule without a scrape", { prometheusRule: { enabled: true } }, "needs metrics.serviceMonitor.enabled"],
    [
      "a rule without metrics",
      { metrics: { enabled: false }, prometheusRule: { enabled: true, selector: 'job="a"' } },
      "prometheusRule.enabled needs metrics.enabled",
    ],
    [
      "dashboards without metrics",
      { metrics: { enabled: false }, dashboards: { enabled: true } },
      "dashboards.enabled needs metrics.enabled",
    ],
    [
      "secure metrics without metrics",
      { metrics: { enabled: false, secure: { enabled: true } } },
      "metrics.secure.enabled needs metrics.enabled",
    ],
    [
      "a monitor without metrics",
      { metrics: { enabled: false, serviceMonitor: { enabled: true } } },
      "metrics.serviceMonitor.enabled needs metrics.enabled",
    ],
    ["two shards of one name", { shards: [shard("a", "x=1"), shard("a", "x=2")] }, 'Several shards have the name "a"'],
    [
      "two shards of one selector",
      { shards: [shard("a", "x=1"), shard("b", "x=1")] },
      'Several shards have the labelSelector "x=1"',
    ],
    [
      "two containers",
      { ...sidecar({}), initContainers: [{ name: "side" }] },
      'Several containers have the name "side"',
    ],
    ["a container like ours", { extraContainers: [{ name: "controller" }] }, 'have the name "controller"'],
    ["two volumes", { extraVolumes: [volume("a"), volume("a")] }, 'Several volumes have the name "a"'],
    ["a volume like ours", { extraVolumes: [volume("service-account")] }, 'have the name "service-account"'],
    ["two mounts", { extraVolumeMounts: [mount("/a"), mount("/a")] }, 'have the mountPath "/a"'],
    [
      "two variables",
      { extraEnv: [{ name: "A" }, { name: "B" }, { name: "A" }] },
      'Several environment variables have the name "A"',
    ],
    [
      "a variable like ours",
      { caBundle: { configMap: "trust" }, extraEnv: [{ name: "NODE_EXTRA_CA_CERTS" }] },
      'have the name "NODE_EXTRA_CA_CERTS"',
    ],
    [
      "a volume like that of the certificate",
      { metrics: { secure: { enabled: true, certSecret: "a" } }, extraVolumes: [volume("metrics-cert")] },
      'have the name "metrics-cert"',
    ],
    [
      "a volume like that of the webhook",
      { notify: { secret: "a", format: "slack" }, extraVolumes: [volume("notify")] },
      'have the name "notify"',
    ],
    ["a webhook for programs without a key", { notify: { secret: "a" } }, "cloudevents needs notify.signingKey"],
    ["extraPodSpec.volumes", { extraPodSpec: { volumes: [] } }, "use the value extraVolumes"],
    ["extraPodSpec.hostNetwork", { extraPodSpec: { hostNetwork: true } }, "use the value hostNetwork"],
    ["extraPodSpec.containers", { extraPodSpec: { containers: [] } }, "use the value extraContainers"],
  ])("are refused with the way out: %s", async (_, values, message) => {
    expect(await refusal(values)).toContain(message);
  });

  it("are all named together", async () => {
    const stderr = await refusal({ metrics: { port: 9440 }, extraPodSpec: { volumes: [] } });
    expect(stderr).toMatch(/probes\.port.*extraPodSpec\.volumes/s);
  });

  it.each<[string, object]>([
    ["a namespace twice", { watchNamespaces: ["a", "a"] }],
    ["a network with too many bits", { deniedEndpointCidrs: ["10.0.0.0/33"] }],
    ["an octet that is too large", { allowedEndpointCidrs: ["10.0.256.1"] }],
    ["a name in place of a network", { allowedEndpointCidrs: ["registry.example.com"] }],
    ["a selector that does not close", { shards: [shard("a", "zone in (east")] }],
    ["a selector with an operator that does not exist", { shards: [shard("a", "zone > 3")] }],
    ["a tag in the repository", { image: { repository: "r.example.com:5000/op:1.2" } }],
    ["a scheme in the repository", { image: { repository: "https://r.example.com/op" } }],
    ["a scheme in the registry", { global: { imageRegistry: "https://r.example.com" } }],
    ["a tag with a slash", { image: { tag: "a/b" } }],
    ["an upper-case name", { nameOverride: "Fleet" }],
    ["a name with a dot", { fullnameOverride: "a.b" }],
    ["a name that is too long", { fullnameOverride: "a".repeat(64) }],
    ["the name of a service account", { serviceAccount: { name: "Robot" } }],
    ["the name of a PriorityClass", { priorityClassName: "very high" }],
    ["the name of a ConfigMap", { caBundle: { configMap: "My_CA" } }],
    ["a proxy whose URL contains a password", { registryProxy: { url: "http://me:secret@proxy" } }],
    ["a proxy with another scheme", { registryProxy: { url: "socks5://proxy:1080" } }],
    ["a format of a webhook", { notify: { format: "irc" } }],
    ["a change that does not exist", { notify: { changes: ["HostRenamed"] } }],
    ["a label", { commonLabels: { team: "ops & more" } }],
    ["the key of a label", { podLabels: { "a b": "c" } }],
    ["a percentage without its sign", { podDisruptionBudget: { maxUnavailable: "50" } }],
    [
      "a warning earlier than any certificate counts as expiring",
      rules({ thresholds: { certificateWarningDays: 22 } }),
    ],
    ["a selector for PromQL without quotes", rules({ selector: "job=a" })],
  ])("are refused by the schema: %s", async (_, values) => {
    expect(await refusal(values)).toContain("don't meet the specifications of the schema");
  });

  it.each<[string, object]>([
    [
      "addresses and networks",
      { deniedEndpointCidrs: ["10.0.0.0/8", "::1", "fd00::/8", "::ffff:10.0.0.0/104", "0.0.0.0/0"] },
    ],
    [
      "selectors",
      { shards: [shard("a", "zone in (east, west),!old"), shard("b", "a.b/c!=d"), shard("c", "x == y , z")] },
    ],
    ["a registry with a port", { image: { repository: "r.example.com:5000/team/op" } }],
    ["a drain without a limit", { podDisruptionBudget: { maxUnavailable: "100%" } }],
    ["times at their limits", { ...election({ renewDeadline: "2401ms" }), gracefulShutdownTimeout: "15s" }],
    ["a rule with another scrape", { prometheusRule: { enabled: true, selector: 'job="a", cluster=~"b.*"' } }],
  ])("are not mistaken for these: %s", async (_, values) => {
    expect((await helm.attempt(["template", "operator", CHART], values)).stderr).toBe("");
  });
});

describe("the names of objects", () => {
  const namesOf = async (values: object, options: TemplateOptions) => {
    const objects = await helm.template(values, options);
    const isClusterWide = ({ metadata, kind }: RenderedObject) =>
      metadata.namespace === undefined && kind !== "CustomResourceDefinition";
    return objects.filter(isClusterWide).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  };

  it("are never cut: a release whose name is too long is refused", async () => {
    expect(await refusal({}, LONG_RELEASE)).toContain(
      "has 73 characters, but only 63 are allowed; set fullnameOverride",
    );
    const name = "b".repeat(60);
    expect(await refusal({ fullnameOverride: name, shards: [shard("east", "a=b")] })).toContain(`"${name}-east"`);
    const [service] = await helm.template({ fullnameOverride: name }, { only: ["service.yaml"] });
    expect(service?.metadata.name).toBe(name);
  });

  it("are valid for a Service: a release whose name has a dot is refused", async () => {
    expect(await refusal({}, "a.b")).toContain('The name "a.b-dockerhost-operator" contains a dot');
    expect(await helm.template({ fullnameOverride: "a-b" }, { release: "a.b" })).not.toEqual([]);
  });

  it.each<[string, TemplateOptions, TemplateOptions, object, object]>([
    ["a dash moves", { namespace: "a-b" }, { namespace: "a" }, { fullnameOverride: "c" }, { fullnameOverride: "b-c" }],
    [
      "one is called like its namespace",
      { namespace: "a-b" },
      { namespace: "a" },
      { fullnameOverride: "a-b" },
      { fullnameOverride: "b" },
    ],
    ["one is called like a role", {}, {}, { fullnameOverride: "op" }, { fullnameOverride: "op-view" }],
    [
      "both have one name",
      { namespace: "a" },
      { namespace: "b" },
      { fullnameOverride: "op" },
      { fullnameOverride: "op" },
    ],
  ])("cannot collide in the cluster: %s", async (_, first, second, values, others) => {
    const names = [...(await namesOf(values, first)), ...(await namesOf(others, second))];
    expect(names.length).toBeGreaterThan(9);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("the image", () => {
  const imageOf = async (image: object, global: object = {}) =>
    look(
      (await helm.template({ image: { tag: "1", ...image }, global }, { only: ["deployment.yaml"] }))[0],
      "spec.template.spec.containers.0.image",
    );

  it.each([
    [{}, {}, "registry.dockerhost.dev/dockerhost-operator:1"],
    [{ registry: "r.example.com" }, {}, "r.example.com/dockerhost-operator:1"],
    [{ registry: "r.example.com:5000/cache/" }, {}, "r.example.com:5000/cache/dockerhost-operator:1"],
    [{ registry: "a.example.com" }, { imageRegistry: "b.example.com" }, "b.example.com/dockerhost-operator:1"],
    [{ repository: "team/op" }, { imageRegistry: "b.example.com" }, "b.example.com/team/op:1"],
    [{ repository: "localhost/team/op" }, { imageRegistry: "b.example.com" }, "b.example.com/team/op:1"],
    [{ repository: "op" }, {}, "op:1"],
    [{ repository: "a:5000/op", digest: `sha256:${"0".repeat(64)}` }, {}, `a:5000/op@sha256:${"0".repeat(64)}`],
  ])("comes from the registry of the values: %j %j", async (image, global, name) => {
    expect(await imageOf(image, global)).toBe(name);
  });

  it("is pulled with the Secrets of this chart and of all charts", async () => {
    const values = { imagePullSecrets: [{ name: "a" }, "b"], global: { imagePullSecrets: ["c", { name: "a" }] } };
    const [deployment] = await helm.template(values, { only: ["deployment.yaml"] });
    expect(look(deployment, "spec.template.spec.imagePullSecrets")).toEqual([
      { name: "a" },
      { name: "b" },
      { name: "c" },
    ]);
  });
});

describe("the label of the version", () => {
  it.each([
    ["1.2.3+build.5", "1.2.3_build.5"],
    [`1.2.3-${"rc.".repeat(30)}1`, `1.2.3-${"rc.".repeat(30)}1`.slice(0, 63).replace(/\.$/, "")],
    ["1.2.3-rc.1+sha-", "1.2.3-rc.1_sha"],
  ])("is valid for %s", async (version, label) => {
    const chart = await helm.chartOfVersion(version);
    const objects = await helm.template({}, { chart });
    expect(objects.length).toBeGreaterThan(5);
    for (const { metadata } of objects) {
      expect(metadata.labels?.["app.kubernetes.io/version"]).toBe(label);
      expect(metadata.labels?.["helm.sh/chart"]).toMatch(/^dockerhost-operator-1\.2\.3[A-Za-z0-9_.-]*[A-Za-z0-9]$/);
      expect(metadata.labels?.["helm.sh/chart"]?.length).toBeLessThan(64);
    }
  });
});
