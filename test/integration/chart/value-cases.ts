import { expect } from "vitest";

/** What setting one value changes. */
export interface ValueCase {
  readonly value: string;
  readonly to: unknown;
  /** Kind of the object that shows it. */
  readonly kind: string;
  /** The end of the object's name, if there are several of the kind. */
  readonly name?: string;
  readonly at: string;
  readonly gives: unknown;
}

const POD = "spec.template.spec";
const CONTROLLER = `${POD}.containers.0`;
const LABEL = "metadata.labels.team";
const flag = (text: string) => expect.arrayContaining([text]);
const includes = (part: object) => expect.arrayContaining([expect.objectContaining(part)]);

const variable = (name: string, value: string) => includes({ name, value });

const row = (
  value: string,
  to: unknown,
  [kind, at, name]: readonly [string, string, string?],
  gives: unknown,
): ValueCase => ({ value, to, kind, at, gives, ...(name === undefined ? {} : { name }) });

const pod = (value: string, to: unknown, at: string, gives: unknown = to) =>
  row(value, to, ["Deployment", `${POD}.${at}`], gives);
const controller = (value: string, to: unknown, at: string, gives: unknown = to) =>
  row(value, to, ["Deployment", `${CONTROLLER}.${at}`], gives);
const argument = (value: string, to: unknown, gives: string) => controller(value, to, "args", flag(gives));
const monitor = (value: string, to: unknown, at: string, gives: unknown = to) =>
  row(`metrics.serviceMonitor.${value}`, to, ["ServiceMonitor", at], gives);
const RULES = "spec.groups.0.rules";
const rule = (value: string, to: unknown, part: object) =>
  row(`prometheusRule.${value}`, to, ["PrometheusRule", RULES], includes(part));
const threshold = (value: string, to: number, expr: string) =>
  rule(`thresholds.${value}`, to, { expr: expect.stringContaining(expr) });
const probe = (name: string, field: string, to: number) =>
  controller(`probes.${name}.${field}`, to, `${name}Probe.${field}`);

/** Each value that can be set in addition to all the others. */
export const VALUE_CASES: readonly ValueCase[] = [
  pod("global.imagePullSecrets", ["shared"], "imagePullSecrets", includes({ name: "shared" })),
  controller("image.repository", "r.example.com/op", "image", "r.example.com/op:9"),
  controller("image.tag", "9", "image", "r.example.com/op:9"),
  controller("image.pullPolicy", "Always", "imagePullPolicy"),
  pod("imagePullSecrets", [{ name: "pull" }], "imagePullSecrets", includes({ name: "pull" })),
  row("crds.keep", false, ["CustomResourceDefinition", "metadata.annotations"], undefined),
  argument("registryProxy.url", "http://proxy.example.com:3128", "--registry-proxy=http://proxy.example.com:3128"),
  argument("registryProxy.noProxy", ["a.example.com", "10.0.0.0/8"], "--registry-no-proxy=a.example.com,10.0.0.0/8"),
  argument(
    "registryProxy.authSecret",
    "proxy-login",
    "--registry-proxy-auth-file=/etc/dockerhost-operator/registry-proxy/credentials",
  ),
  pod("registryProxy.authKey", "login", "volumes.3.secret.items.0.key"),
  controller("caBundle.configMap", "trust", "env.1", {
    name: "NODE_EXTRA_CA_CERTS",
    value: "/etc/dockerhost-operator/ca-bundle/ca.crt",
  }),
  pod("caBundle.key", "bundle.pem", "volumes.1.configMap", {
    name: "trust",
    items: [{ key: "bundle.pem", path: "ca.crt" }],
  }),
  argument("updates.enabled", true, "--updates"),
  argument("page.enabled", true, "--page-bind-address=:8090"),
  argument("page.auth", "kubernetes", "--page-auth=kubernetes"),
  row(
    "page.readers",
    [{ kind: "Group", name: "operators", apiGroup: "rbac.authorization.k8s.io" }],
    ["ClusterRoleBinding", "subjects.0.name", ".page-reader"],
    "operators",
  ),
  argument("page.certSecret", "page-tls", "--page-cert-path=/etc/dockerhost-operator/page-cert"),
  row("updates.enabled", true, ["ClusterRole", "rules.4.verbs", "-operator"], ["list", "watch", "patch", "delete"]),
  row("updates.enabled", true, ["ClusterRole", "rules.1.resources", ".edit"], ["containerupdates"]),
  controller("notify.secret", "webhook", "env", variable("DOCKERHOST_NOTIFY", "/etc/dockerhost-operator/notify/url")),
  pod("notify.urlKey", "address", "volumes.4.secret.items.0.key"),
  pod("notify.signingKey", "hmac", "volumes.4.secret.items.1.key"),
  pod("notify.caKey", "issuer", "volumes.4.secret.items.2.key"),
  controller("notify.format", "teams", "env", variable("DOCKERHOST_NOTIFY_FORMAT", "teams")),
  controller("notify.name", "production", "env", variable("DOCKERHOST_NOTIFY_NAME", "production")),
  controller("notify.window", "30s", "env", variable("DOCKERHOST_NOTIFY_WINDOW", "30s")),
  controller(
    "notify.changes",
    ["HostLost", "HostBack"],
    "env",
    variable("DOCKERHOST_NOTIFY_CHANGES", "HostLost,HostBack"),
  ),
  argument("watchSecrets", false, "--watch-secrets=false"),
  argument("gracefulShutdownTimeout", "20s", "--graceful-shutdown-timeout=20s"),
  argument("concurrent", 7, "--concurrent=7"),
  argument("requireTls", true, "--require-tls"),
  argument("allowedEndpointCidrs", ["10.1.0.0/16", "::1"], "--allowed-endpoint-cidrs=10.1.0.0/16,::1"),
  argument("deniedEndpointCidrs", ["10.0.0.0/8"], "--denied-endpoint-cidrs=10.0.0.0/8"),
  argument("allowedSockets", ["/run/a.sock", "/run/b.sock"], "--allowed-sockets=/run/a.sock,/run/b.sock"),
  controller("redactNetworkDetails", false, "args", expect.not.arrayContaining(["--redact-network-details"])),
  argument("logLevel", "debug", "--log-level=debug"),
  argument("logEncoding", "console", "--log-encoding=console"),
  argument("extraArgs", ["--extra"], "--extra"),
  row("podDisruptionBudget.maxUnavailable", "50%", ["PodDisruptionBudget", "spec.maxUnavailable"], "50%"),
  row(
    "podDisruptionBudget.unhealthyPodEvictionPolicy",
    "IfHealthyBudget",
    ["PodDisruptionBudget", "spec.unhealthyPodEvictionPolicy"],
    "IfHealthyBudget",
  ),
  row("replicaCount", 3, ["Deployment", "spec.replicas"], 3),
  argument("leaderElection.name", "ours", "--leader-election-name=ours"),
  argument("leaderElection.namespace", "leases", "--leader-election-namespace=leases"),
  argument("leaderElection.leaseDuration", "30s", "--leader-election-lease-duration=30s"),
  argument("leaderElection.renewDeadline", "20s", "--leader-election-renew-deadline=20s"),
  argument("leaderElection.retryPeriod", "5s", "--leader-election-retry-period=5s"),
  row("strategy", { type: "Recreate", rollingUpdate: null }, ["Deployment", "spec.strategy"], { type: "Recreate" }),
  row("revisionHistoryLimit", 1, ["Deployment", "spec.revisionHistoryLimit"], 1),
  pod("terminationGracePeriodSeconds", 90, "terminationGracePeriodSeconds"),
  pod("affinity", { nodeAffinity: {} }, "affinity"),
  pod("topologySpreadConstraints", [{ maxSkew: 2, topologyKey: "rack" }], "topologySpreadConstraints"),
  pod("nodeSelector", { disk: "ssd" }, "nodeSelector.disk", "ssd"),
  pod("tolerations", [{ operator: "Exists" }], "tolerations"),
  pod("priorityClassName", "high", "priorityClassName"),
  row("serviceAccount.name", "robot", ["ServiceAccount", "metadata.name"], "robot"),
  row("serviceAccount.annotations", { a: "b" }, ["ServiceAccount", "metadata.annotations"], { a: "b" }),
  row(
    "networkPolicy.metricsFrom",
    [{ podSelector: {} }],
    ["NetworkPolicy", "spec.ingress.1.from"],
    [{ podSelector: {} }],
  ),
  row("networkPolicy.pageFrom", [{ podSelector: {} }], ["NetworkPolicy", "spec.ingress.2.from"], [{ podSelector: {} }]),
  row("networkPolicy.egress.enabled", true, ["NetworkPolicy", "spec.policyTypes"], ["Ingress", "Egress"]),
  row("networkPolicy.egress.dnsPorts", [1053], ["NetworkPolicy", "spec.egress.0.ports.1"], {
    port: 1053,
    protocol: "TCP",
  }),
  row("networkPolicy.egress.apiServerPorts", [8443], ["NetworkPolicy", "spec.egress.1.ports"], [{ port: 8443 }]),
  row("networkPolicy.egress.rules", [{ ports: [{ port: 2376 }] }], ["NetworkPolicy", "spec.egress.2"], {
    ports: [{ port: 2376 }],
  }),
  row("metrics.port", 9090, ["Service", "spec.ports.0.port"], 9090),
  row("metrics.serviceAnnotations", { a: "b" }, ["Service", "metadata.annotations"], { a: "b" }),
  argument("metrics.secure.enabled", true, "--metrics-secure"),
  argument("metrics.secure.certSecret", "metrics-tls", "--metrics-cert-path=/etc/dockerhost-operator/metrics-cert"),
  row(
    "metrics.secure.readers",
    [{ kind: "ServiceAccount", name: "prometheus", namespace: "monitoring" }],
    ["ClusterRoleBinding", "subjects.0.name", ".metrics-reader"],
    "prometheus",
  ),
  monitor("authorization", { credentials: { name: "a", key: "b" } }, "spec.endpoints.0.authorization"),
  monitor("tlsConfig", { serverName: "metrics" }, "spec.endpoints.0.tlsConfig"),
  monitor("enabled", true, "kind", "ServiceMonitor"),
  monitor("labels", { team: "ops" }, LABEL, "ops"),
  monitor("interval", "1m", "spec.endpoints.0.interval"),
  monitor("scrapeTimeout", "5s", "spec.endpoints.0.scrapeTimeout"),
  monitor("relabelings", [{ action: "drop" }], "spec.endpoints.0.relabelings.1", { action: "drop" }),
  monitor("metricRelabelings", [{ action: "keep" }], "spec.endpoints.0.metricRelabelings"),
  row("prometheusRule.enabled", true, ["PrometheusRule", "kind"], "PrometheusRule"),
  row("prometheusRule.labels", { team: "ops" }, ["PrometheusRule", LABEL], "ops"),
  rule("alertLabels", { team: "ops" }, { labels: expect.objectContaining({ severity: "critical", team: "ops" }) }),
  rule("selector", 'job="a"', { expr: expect.stringContaining('dockerhost_ready{job="a"}') }),
  rule("runbookUrl", "https://x.example/", {
    annotations: expect.objectContaining({ runbook_url: "https://x.example/DockerHostNotReady.md" }),
  }),
  // The sixth by default.
  row(
    "prometheusRule.disabled",
    ["DockerHostOperatorDown"],
    ["PrometheusRule", `${RULES}.6.alert`],
    "DockerHostOperatorNoLeader",
  ),
  rule("thresholds.notReadyFor", "1h", { alert: "DockerHostNotReady", for: "1h" }),
  threshold("certificateWarningDays", 20, "< 86400 * 20"),
  threshold("certificateCriticalDays", 7, "< 86400 * 7"),
  threshold("updateCheckStaleHours", 5, "> 3600 * 5"),
  threshold("reconcileErrorRatio", 0.5, "> 0.5"),
  threshold("queueLatencySeconds", 99, "> 99"),
  threshold("reconcileStuckSeconds", 4000, "> 4000"),
  threshold("watchStaleSeconds", 77, "> 77"),
  threshold("memoryRatio", 0.75, "> 0.75"),
  row("dashboards.enabled", true, ["ConfigMap", "kind", "-dashboard-fleet"], "ConfigMap"),
  row("dashboards.namespace", "grafana", ["ConfigMap", "metadata.namespace", "-dashboard-host"], "grafana"),
  row("dashboards.labels", { team: "ops" }, ["ConfigMap", LABEL, "-dashboard-fleet"], "ops"),
  row(
    "dashboards.annotations",
    { grafana_folder: "Docker" },
    ["ConfigMap", "metadata.annotations.grafana_folder", "-dashboard-controller"],
    "Docker",
  ),
  controller("resources", { limits: { memory: "1Gi" } }, "resources.limits.memory", "1Gi"),
  controller(
    "nodePermissions.allowRead",
    ["/data/"],
    "env.0.value",
    expect.stringContaining(" --allow-fs-read=/data/"),
  ),
  controller("nodeOptions", ["--use-openssl-ca"], "env.0.value", expect.stringMatching(/ --use-openssl-ca$/)),
  argument("probes.port", 9999, "--health-addr=:9999"),
  ...["liveness", "readiness", "startup"].flatMap((name) => [
    probe(name, "initialDelaySeconds", 11),
    probe(name, "periodSeconds", 12),
    probe(name, "timeoutSeconds", 13),
    probe(name, "failureThreshold", 14),
  ]),
  row("deploymentAnnotations", { a: "b" }, ["Deployment", "metadata.annotations"], { a: "b" }),
  row("podAnnotations", { a: "b" }, ["Deployment", "spec.template.metadata.annotations.a"], "b"),
  row("podLabels", { a: "b" }, ["Deployment", "spec.template.metadata.labels.a"], "b"),
  pod("podSecurityContext", { fsGroup: 1 }, "securityContext.fsGroup", 1),
  controller("securityContext", { runAsUser: 2 }, "securityContext.runAsUser", 2),
  pod("extraPodSpec", { schedulerName: "mine", runtimeClassName: "gvisor" }, "runtimeClassName", "gvisor"),
  pod("hostAliases", [{ ip: "10.0.0.1", hostnames: ["edge-7"] }], "hostAliases"),
  pod("dnsPolicy", "Default", "dnsPolicy"),
  pod("dnsConfig", { searches: ["a"] }, "dnsConfig"),
  controller("extraEnv", [{ name: "A", value: "b" }], "env", variable("A", "b")),
  controller("extraEnvFrom", [{ secretRef: { name: "a" } }], "envFrom"),
  pod("extraVolumes", [{ name: "a", emptyDir: {} }], "volumes.6", { name: "a", emptyDir: {} }),
  controller("extraVolumeMounts", [{ name: "a", mountPath: "/a" }], "volumeMounts.6", { name: "a", mountPath: "/a" }),
  pod("extraContainers", [{ name: "side" }], "containers.1", { name: "side" }),
  pod("initContainers", [{ name: "first" }], "initContainers"),
  row(
    "extraObjects",
    [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "{{ .Release.Name }}-more" } }],
    ["ConfigMap", "metadata.name", "-more"],
    "operator-more",
  ),
  row("commonLabels", { team: "ops", "app.kubernetes.io/name": "ignored" }, ["Service", LABEL], "ops"),
];

/** Those that change what the others are shown by. */
export const VALUE_CASES_ALONE: readonly ValueCase[] = [
  controller("global.imageRegistry", "m.example.com", "image", expect.stringMatching(/^m\.example\.com\/dockerhost-/)),
  controller("image.registry", "m.example.com", "image", expect.stringMatching(/^m\.example\.com\/dockerhost-/)),
  pod("hostNetwork", true, "hostNetwork"),
  pod("hostNetwork", true, "dnsPolicy", "ClusterFirstWithHostNet"),
  controller(
    "image.digest",
    `sha256:${"a".repeat(64)}`,
    "image",
    `registry.dockerhost.dev/dockerhost-operator@sha256:${"a".repeat(64)}`,
  ),
  row("crds.enabled", false, ["CustomResourceDefinition", "kind"], undefined),
  row("watchNamespaces", ["a", "b"], ["ClusterRoleBinding", "kind"], undefined),
  argument("watchNamespaces", ["a", "b"], "--watch-namespaces=a,b"),
  argument("shards", [{ name: "east", labelSelector: "zone=east" }], "--watch-label-selector=zone=east"),
  row("watchSecrets", false, ["ClusterRole", "rules.2.verbs", "-operator"], ["get"]),
  row("podDisruptionBudget.enabled", false, ["PodDisruptionBudget", "kind"], undefined),
  row("rbac.create", false, ["ClusterRole", "rules.0.verbs", "-operator"], undefined),
  row("rbac.aggregateRoles", false, ["ClusterRole", "kind", ".view"], undefined),
  row("serviceAccount.create", false, ["Deployment", `${POD}.serviceAccountName`], "default"),
  row("helmTest.enabled", false, ["Pod", "kind"], undefined),
  row("admissionWarnings.enabled", false, ["ValidatingAdmissionPolicy", "kind"], undefined),
  row("networkPolicy.enabled", false, ["NetworkPolicy", "kind"], undefined),
  row("metrics.enabled", false, ["Service", "kind"], undefined),
  argument("metrics.enabled", false, "--metrics-addr=0"),
  controller("nodePermissions.enabled", false, "env.0.value", ""),
  row("nameOverride", "fleet", ["Deployment", "metadata.name"], "operator-fleet"),
  row("fullnameOverride", "fleet", ["Deployment", "metadata.name"], "fleet"),
];
