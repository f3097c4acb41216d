import { z } from "zod";
import { CHANGE_KINDS } from "../../src/api/changes.ts";
import { FORMAT_NAMES } from "../../src/notify/formats/formats.ts";
import { LOG_ENCODINGS, LOG_LEVELS } from "../../src/telemetry/winston-logger.ts";
import { ALERT_NAMES } from "./alerts.ts";

/** A part of the Kubernetes API that is passed through unchanged. */
const kubernetesObject = z.record(z.string(), z.unknown());
const strings = z.record(z.string(), z.string());
const resourceName = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
const namespaceName = resourceName.max(63);
/** The name of an object, such as a Secret or a PriorityClass. */
const objectName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
  .max(253);
const secretKey = z.string().regex(/^[A-Za-z0-9_.-]+$/);
const optional = (name: z.ZodString) => z.union([z.literal(""), name]);
const labels = z.record(
  z.string().regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/),
  z.string().regex(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/),
);
const alertLabels = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string());
/** An IPv4 or IPv6 network, or a single address. */
const network = z
  .string()
  .regex(
    /^(((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3})(\/(3[0-2]|[12]?[0-9]))?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(\/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?)$/,
  );
const port = z.int().min(1).max(65_535);
/** A Secret's name by itself, or as Kubernetes writes a reference to it. */
const pullSecrets = z.array(z.union([objectName, z.looseObject({ name: objectName })]));
const seconds = z.int().min(0);
const duration = z.string().regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/);
/** The format of durations in a ServiceMonitor and a PrometheusRule. */
const prometheusDuration = z.string().regex(/^([0-9]+(ms|s|m|h|d|w|y))+$/);
const ratio = z.number().gt(0).max(1);

const LABEL_NAME = "[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?";
const LABEL_VALUE = "([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?";
const REQUIREMENT = [
  `!?${LABEL_NAME}`,
  `${LABEL_NAME} *(=|==|!=) *${LABEL_VALUE}`,
  `${LABEL_NAME} +(in|notin) *\\( *${LABEL_VALUE}( *, *${LABEL_VALUE})* *\\)`,
].join("|");
const labelSelector = z.string().regex(new RegExp(`^ *(${REQUIREMENT}) *(, *(${REQUIREMENT}) *)*$`));

const probe = (defaults: { periodSeconds: number; failureThreshold: number }) =>
  z
    .strictObject({
      initialDelaySeconds: seconds.default(0).describe("Seconds before the first probe."),
      periodSeconds: seconds.min(1).default(defaults.periodSeconds).describe("Seconds between two probes."),
      timeoutSeconds: seconds.min(1).default(5).describe("Seconds after which a probe without an answer fails."),
      failureThreshold: z
        .int()
        .min(1)
        .default(defaults.failureThreshold)
        .describe("Number of failures in a row after which the probe counts as failed."),
    })
    .prefault({});

const imageRegistry = z
  .string()
  .regex(/^([A-Za-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)*\/?)?$/)
  .default("");

const naming = {
  nameOverride: optional(namespaceName).default("").describe("Replaces the chart's name in the names of objects."),
  fullnameOverride: optional(namespaceName).default("").describe("Replaces the whole name of the objects."),
  commonLabels: labels.default({}).describe("Labels to add to every object."),
};

const program = {
  global: z
    .looseObject({
      imageRegistry: imageRegistry.describe("Registry of the images of all charts. It overrides `image.registry`."),
      imagePullSecrets: pullSecrets
        .default([])
        .describe("Names of the Secrets with credentials to pull the images of all charts."),
    })
    .prefault({}),
  image: z
    .strictObject({
      registry: imageRegistry.describe(
        "Registry of the image, with a path if the registry is a mirror. It replaces the registry that `image.repository` begins with.",
      ),
      repository: z
        .string()
        .regex(/^([^/\s@]+\/)*[^/:\s@]+$/)
        .default("registry.dockerhost.dev/dockerhost-operator")
        .describe("Repository of the image. Build your own with `npm run image`."),
      tag: z
        .string()
        .regex(/^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$/)
        .default("")
        .describe("Tag of the image. The default is the chart's appVersion."),
      digest: z
        .string()
        .regex(/^(sha256:[0-9a-f]{64})?$/)
        .default("")
        .describe("Digest that pins the image. It overrides the tag."),
      pullPolicy: z
        .enum(["Always", "IfNotPresent", "Never"])
        .default("IfNotPresent")
        .describe("When the kubelet pulls the image."),
    })
    .prefault({}),
  imagePullSecrets: pullSecrets.default([]).describe("Names of the Secrets with credentials to pull the image."),
  crds: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Install and upgrade the CustomResourceDefinition with the chart."),
      keep: z
        .boolean()
        .default(true)
        .describe("Keep the definition, and with it every DockerHost, when the chart is uninstalled."),
    })
    .prefault({}),
  watchNamespaces: z
    .array(namespaceName)
    .meta({ uniqueItems: true })
    .default([])
    .describe("Watch only these namespaces, with a Role in each instead of a ClusterRole. If empty, watch all."),
  watchSecrets: z
    .boolean()
    .default(true)
    .describe(
      "Watch Secrets for changes (only their names and versions). If false, no permission to list Secrets is needed, and a change is found at a host's next interval.",
    ),
  concurrent: z
    .int()
    .min(1)
    .max(999)
    .default(10)
    .describe(
      "How many hosts of one namespace are processed in parallel. All namespaces together get at most twice as many.",
    ),
  updates: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe(
          "Carry out ContainerUpdates, which replace containers on hosts whose `spec.allowUpdates` is true. If false, the controller has no permission to change a ContainerUpdate other than its status, and never changes a host.",
        ),
    })
    .prefault({}),
  page: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe(
          "Serve a page about the fleet on port 8090 of each pod's loopback address, which only `kubectl dockerhost page` and `kubectl port-forward` reach. With `hostNetwork`, it needs `page.auth`, or everybody on the node could see it.",
        ),
      auth: z
        .enum(["none", "kubernetes"])
        .default("none")
        .describe(
          "`kubernetes` serves the page beyond the pod, through a Service: only over TLS, and only to those with a token of the cluster who may `get` dockerhosts in all watched namespaces. The controller then may create TokenReviews and SubjectAccessReviews.",
        ),
      certSecret: optional(objectName)
        .default("")
        .describe(
          "Name of a Secret with tls.crt and tls.key for `page.auth` kubernetes. The default is a self-signed certificate, which no browser can verify.",
        ),
      readers: z
        .array(kubernetesObject)
        .default([])
        .describe("Subjects that may read the page with `page.auth` kubernetes, such as a group of your users."),
    })
    .prefault({}),
  notify: z
    .strictObject({
      secret: optional(objectName)
        .default("")
        .describe(
          "Name of a Secret with the URL of a webhook to which changes are reported. A changed URL or key is used without a restart.",
        ),
      urlKey: secretKey.default("url").describe("Key of the Secret that holds the URL."),
      signingKey: optional(secretKey)
        .default("")
        .describe(
          "Key of the Secret that holds the key with which messages are signed. The format cloudevents requires it.",
        ),
      caKey: optional(secretKey)
        .default("")
        .describe(
          "Key of the Secret that holds the CA that verifies the webhook, in PEM. The default is the system's.",
        ),
      format: z.enum(FORMAT_NAMES).default("cloudevents").describe("What the webhook accepts."),
      changes: z.array(z.enum(CHANGE_KINDS)).default([]).describe("What is reported. If empty, everything."),
      name: z
        .string()
        .max(100)
        .default("")
        .describe("Name of this installation in messages. The default is the namespace and name of the release."),
      window: duration
        .default("10s")
        .describe("Changes that follow the first within this time are part of the same message."),
    })
    .prefault({}),
  requireTls: z
    .boolean()
    .default(false)
    .describe("Refuse daemons that are not reached over verified TLS, verified SSH or a local socket."),
  allowedEndpointCidrs: z
    .array(network)
    .default([])
    .describe("Networks to which connections are allowed even if a denied network contains them."),
  deniedEndpointCidrs: z
    .array(network)
    .default([])
    .describe(
      "Networks to which the controller never connects, in addition to those that are always denied. List the cluster's pod and Service networks here.",
    ),
  registryProxy: z
    .strictObject({
      url: z
        .string()
        .regex(/^(https?:\/\/[^\s/@?#]+\/?)?$/)
        .default("")
        .describe(
          "HTTP proxy for requests to registries, which resolves their names. Daemons are never reached through it.",
        ),
      noProxy: z
        .array(z.string().regex(/^[^,\s]+$/))
        .default([])
        .describe("Registries to reach without the proxy: hosts, domains, addresses and networks."),
      authSecret: optional(objectName)
        .default("")
        .describe("Name of a Secret with USER:PASSWORD for the proxy. A change is used without a restart."),
      authKey: z
        .string()
        .regex(/^[A-Za-z0-9_.-]+$/)
        .default("credentials")
        .describe("Key of the Secret that holds them."),
    })
    .prefault({}),
  caBundle: z
    .strictObject({
      configMap: optional(objectName)
        .default("")
        .describe(
          "Name of a ConfigMap with CA certificates in PEM, such as a target of trust-manager. They are trusted in addition to Node's own. Restart the pods after a change.",
        ),
      key: z
        .string()
        .regex(/^[A-Za-z0-9_.-]+$/)
        .default("ca.crt")
        .describe("Key of the ConfigMap that holds them."),
    })
    .prefault({}),
  allowedSockets: z
    .array(z.string().regex(/^\/[^,\s]*$/))
    .default([])
    .describe(
      "Sockets that `unix://` hosts may use. Mount each with `extraVolumes`. Everyone who can write a DockerHost can use them.",
    ),
  redactNetworkDetails: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      "Show only the reason of a failed connection in status and events; the log shows more. If not set, this is on unless exactly one namespace is watched.",
    ),
  logLevel: z.enum(LOG_LEVELS).default("info").describe("Lowest level that is logged."),
  logEncoding: z.enum(LOG_ENCODINGS).default("json").describe("Format of the log."),
  extraArgs: z.array(z.string()).default([]).describe("Additional flags of `dockerhost controller`."),
};

const availability = {
  replicaCount: z
    .int()
    .min(0)
    .default(2)
    .describe("Number of replicas. One is the leader; the others stand by with full caches."),
  leaderElection: z
    .strictObject({
      name: z
        .string()
        .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$/)
        .max(52)
        .default("")
        .describe(
          "Name of the Lease, to which a shard adds a hash of its selector. The default is the full name of the release. Scale the Deployment to 0 before you change it, so that an old and a new pod do not lead together.",
        ),
      namespace: z
        .union([z.literal(""), namespaceName])
        .default("")
        .describe(
          "Namespace of the Lease. The default is the namespace of the release. Change it as you would the name.",
        ),
      leaseDuration: duration
        .default("15s")
        .describe("How long the other replicas wait after the leader's last renewal before one takes over."),
      renewDeadline: duration.default("10s").describe("How long the leader tries to renew the lease before it exits."),
      retryPeriod: duration.default("2s").describe("Time between two attempts to acquire or renew the lease."),
    })
    .prefault({}),
  shards: z
    .array(z.strictObject({ name: resourceName.max(20), labelSelector }))
    .default([])
    .describe(
      "Creates one Deployment for each shard, which processes the DockerHosts that its selector matches. Selectors must not overlap.",
    ),
  podDisruptionBudget: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          "Create a PodDisruptionBudget. It needs at least two replicas: with one, it would block the draining of nodes.",
        ),
      maxUnavailable: z
        .union([z.int().min(1), z.string().regex(/^[1-9][0-9]*%$/)])
        .default(1)
        .describe("How many replicas may be unavailable at the same time during a drain, or a percentage."),
      unhealthyPodEvictionPolicy: z
        .enum(["AlwaysAllow", "IfHealthyBudget"])
        .default("AlwaysAllow")
        .describe(
          "Whether a pod that is not ready may always be evicted, so that it never blocks a drain, or only if the others are ready.",
        ),
    })
    .prefault({}),
  strategy: kubernetesObject
    .default({ type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } })
    .describe("Update strategy of the Deployment."),
  revisionHistoryLimit: z.int().min(0).default(3).describe("How many old ReplicaSets are kept for a rollback."),
  gracefulShutdownTimeout: duration
    .default("10s")
    .describe(
      "How long work in progress may continue when a pod stops. Work that is cut off is repeated by the next pod.",
    ),
  terminationGracePeriodSeconds: seconds
    .default(30)
    .describe(
      "Must be at least 15 s longer than gracefulShutdownTimeout, which leaves time to send the last events and release the lease.",
    ),
  affinity: kubernetesObject
    .default({})
    .describe("Affinity of the pods. By default, replicas run on different nodes if possible."),
  topologySpreadConstraints: z
    .array(kubernetesObject)
    .default([])
    .describe("Topology spread constraints of the pods. By default, replicas are spread over zones if possible."),
  nodeSelector: strings
    .default({ "kubernetes.io/os": "linux" })
    .describe("Labels of the nodes on which the pods may run."),
  tolerations: z.array(kubernetesObject).default([]).describe("Taints of nodes that the pods tolerate."),
  priorityClassName: optional(objectName).default("").describe("PriorityClass of the pods."),
};

const access = {
  rbac: z
    .strictObject({
      create: z
        .boolean()
        .default(true)
        .describe("Create the roles and their bindings. If false, you must create them."),
      aggregateRoles: z
        .boolean()
        .default(true)
        .describe("Add permissions for DockerHosts to the cluster's view, edit and admin roles."),
    })
    .prefault({}),
  serviceAccount: z
    .strictObject({
      create: z.boolean().default(true).describe("Create the service account."),
      name: optional(objectName)
        .default("")
        .describe(
          "Name of the service account. The default is the name of the objects, or `default` if `create` is false.",
        ),
      annotations: strings.default({}).describe("Annotations of the service account."),
    })
    .prefault({}),
  helmTest: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          "Include the pod of `helm test`, and a service account that may only read the Leases of this release.",
        ),
    })
    .prefault({}),
  admissionWarnings: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          "Create a ValidatingAdmissionPolicy that shows warnings at `kubectl apply`. It never rejects an object.",
        ),
    })
    .prefault({}),
  networkPolicy: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe("Allow only probes, metrics scrapes and readers of a page with `page.auth` to reach the pods."),
      metricsFrom: z
        .array(kubernetesObject)
        .default([])
        .describe("Peers that may scrape metrics. If empty, everyone may."),
      pageFrom: z
        .array(kubernetesObject)
        .default([])
        .describe("Peers that may reach the page with `page.auth` kubernetes. If empty, everyone may."),
      egress: z
        .strictObject({
          enabled: z
            .boolean()
            .default(false)
            .describe(
              "Allow the pods to reach only DNS, the API server and `rules`, which must list your daemons and registries.",
            ),
          dnsPorts: z
            .array(port)
            .default([53, 5353])
            .describe("Ports of the cluster's DNS: that of its Service, and 5353 for the DNS pods of OpenShift."),
          apiServerPorts: z
            .array(port)
            .default([443, 6443])
            .describe("Ports of the API server: that of its Service and that of its endpoints."),
          rules: z.array(kubernetesObject).default([]).describe("Egress rules that allow your daemons and registries."),
        })
        .prefault({}),
    })
    .prefault({}),
};

const pod = {
  resources: kubernetesObject
    .default({ requests: { cpu: "50m", memory: "160Mi" }, limits: { memory: "384Mi" } })
    .describe(
      "Resources of the controller, for up to 1,000 hosts; docs/sizing.md has the figures for more. There is no CPU limit, because it would delay renewals of the lease.",
    ),
  nodePermissions: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          "Turn on Node's permission model: the program cannot write files, start processes or load native code, and can read only its own files and `allowRead`.",
        ),
      allowRead: z
        .array(z.string().regex(/^\/\S*$/))
        .default([])
        .describe(
          "Paths that the program may read in addition to its own files and its service account, such as `extraVolumeMounts`.",
        ),
    })
    .prefault({}),
  nodeOptions: z
    .array(z.string().regex(/^--\S+$/))
    .default([])
    .describe("Additional flags of Node that NODE_OPTIONS accepts."),
  probes: z
    .strictObject({
      port: port.default(9440).describe("Port of /livez and /readyz."),
      liveness: probe({ periodSeconds: 10, failureThreshold: 6 }),
      readiness: probe({ periodSeconds: 5, failureThreshold: 3 }),
      startup: probe({ periodSeconds: 2, failureThreshold: 30 }),
    })
    .prefault({}),
  deploymentAnnotations: strings.default({}).describe("Annotations of the Deployment."),
  podAnnotations: strings.default({}).describe("Annotations of the pods."),
  podLabels: labels.default({}).describe("Labels of the pods."),
  podSecurityContext: kubernetesObject
    .default({
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      fsGroup: 65_532,
      seccompProfile: { type: "RuntimeDefault" },
    })
    .describe(
      "Security context of the pods. The default meets the restricted level of the Pod Security Standards. On OpenShift, the default users and groups are left out, because OpenShift chooses them.",
    ),
  securityContext: kubernetesObject
    .default({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } })
    .describe(
      "Security context of the container. The default meets the restricted level of the Pod Security Standards.",
    ),
  hostNetwork: z
    .boolean()
    .default(false)
    .describe(
      "Run the pods in the network of their node. Each replica then needs a node of its own, one more is needed for an update, network policies do not apply, and the namespace must allow privileged pods.",
    ),
  extraPodSpec: kubernetesObject
    .default({})
    .describe("Additional fields of the pods' spec that have no value of their own, such as `runtimeClassName`."),
  hostAliases: z.array(kubernetesObject).default([]).describe("Addresses of hosts that DNS cannot resolve."),
  dnsPolicy: z
    .enum(["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"])
    .default("ClusterFirst")
    .describe("How the pods resolve names. With `hostNetwork`, ClusterFirst becomes ClusterFirstWithHostNet."),
  dnsConfig: kubernetesObject.default({}).describe("Additional DNS settings of the pods."),
  extraEnv: z
    .array(
      z.looseObject({
        name: z
          .string()
          .min(1)
          .meta({ not: { const: "NODE_OPTIONS" } }),
      }),
    )
    .default([])
    .describe("Additional environment variables. Set NODE_OPTIONS with `nodePermissions` and `nodeOptions` instead."),
  extraEnvFrom: z
    .array(kubernetesObject)
    .default([])
    .describe("ConfigMaps and Secrets with additional environment variables."),
  extraVolumes: z
    .array(kubernetesObject)
    .default([])
    .describe("Additional volumes. List their paths in `nodePermissions.allowRead`."),
  extraVolumeMounts: z
    .array(kubernetesObject)
    .default([])
    .describe("Paths at which the controller's container mounts `extraVolumes`."),
  extraContainers: z
    .array(kubernetesObject)
    .default([])
    .describe("Additional containers that run next to the controller."),
  initContainers: z.array(kubernetesObject).default([]).describe("Containers that run before the controller starts."),
  extraObjects: z
    .array(z.union([kubernetesObject, z.string()]))
    .default([])
    .describe("Additional objects. Templates in them are rendered."),
};

const monitoring = {
  metrics: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Serve /metrics, and create a Service for it."),
      port: port.default(8080).describe("Port of /metrics."),
      secure: z
        .strictObject({
          enabled: z
            .boolean()
            .default(false)
            .describe(
              "Serve /metrics only over TLS, and only to clients that may `get` the URL /metrics. The controller then may create TokenReviews and SubjectAccessReviews.",
            ),
          certSecret: optional(objectName)
            .default("")
            .describe(
              "Name of a Secret with tls.crt, tls.key and ca.crt, such as one of cert-manager for the name of the Service. The default is a self-signed certificate, which no client can verify.",
            ),
          readers: z
            .array(kubernetesObject)
            .default([])
            .describe("Subjects that may read the metrics, such as the service account of your Prometheus."),
        })
        .prefault({}),
      serviceAnnotations: strings.default({}).describe("Annotations of the Service."),
      serviceMonitor: z
        .strictObject({
          enabled: z.boolean().default(false).describe("Create a ServiceMonitor, which needs the Prometheus Operator."),
          labels: labels.default({}).describe("Labels by which your Prometheus selects ServiceMonitors."),
          interval: prometheusDuration.default("30s").describe("How often Prometheus scrapes."),
          scrapeTimeout: prometheusDuration.default("10s").describe("How long a scrape may take."),
          authorization: kubernetesObject
            .default({})
            .describe(
              "How Prometheus logs in with `metrics.secure`, as in a ServiceMonitor. The default is the token of its own service account.",
            ),
          tlsConfig: kubernetesObject
            .default({})
            .describe(
              "How Prometheus verifies the certificate with `metrics.secure`, as in a ServiceMonitor. The default is the ca.crt of `metrics.secure.certSecret`, or no verification of a self-signed certificate.",
            ),
          relabelings: z.array(kubernetesObject).default([]).describe("Relabelings of the targets before the scrape."),
          metricRelabelings: z
            .array(kubernetesObject)
            .default([])
            .describe("Relabelings of the series after the scrape."),
        })
        .prefault({}),
    })
    .prefault({}),
  prometheusRule: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe("Create alerts, each with a runbook. This needs the Prometheus Operator."),
      labels: labels.default({}).describe("Labels by which your Prometheus selects PrometheusRules."),
      alertLabels: alertLabels.default({}).describe("Labels to add to every alert, for routing."),
      selector: z
        .string()
        .regex(/^([a-zA-Z_][a-zA-Z0-9_]*(=|=~)"[^"]*"(, *[a-zA-Z_][a-zA-Z0-9_]*(=|=~)"[^"]*")*)?$/)
        .default("")
        .describe(
          "PromQL matchers of the labels of this release's targets, such as `job=\"docker-hosts\"`. Set it if something other than the chart's ServiceMonitor scrapes them.",
        ),
      runbookUrl: z
        .string()
        .default("https://dockerhost.dev/docs/runbooks")
        .describe("URL of the folder that contains the runbooks; in the sources, this is docs/runbooks/."),
      disabled: z.array(z.enum(ALERT_NAMES)).default([]).describe("Names of alerts to leave out."),
      thresholds: z
        .strictObject({
          notReadyFor: prometheusDuration
            .default("15m")
            .describe("How long a host may be not ready before the alert fires."),
          certificateWarningDays: z
            .number()
            .gt(0)
            .lte(21)
            .default(14)
            .describe(
              "How many days before the expiry of a certificate the warning fires; at most 21, because it never fires before the condition CertificateExpiring is True.",
            ),
          certificateCriticalDays: z
            .number()
            .gt(0)
            .lte(21)
            .default(3)
            .describe(
              "How many days before the expiry of a certificate the critical alert fires; at most 21, because it never fires before the condition CertificateExpiring is True.",
            ),
          updateCheckStaleHours: z
            .number()
            .gt(0)
            .default(72)
            .describe("Age of the last successful check in hours. Set it to three times the interval of your hosts."),
          reconcileErrorRatio: ratio.default(0.2).describe("Share of reconcile runs that may fail."),
          queueLatencySeconds: z
            .number()
            .gt(0)
            .default(10)
            .describe("How long the slowest one in a hundred hosts may wait for a worker."),
          reconcileStuckSeconds: z
            .number()
            .gt(0)
            .default(1200)
            .describe(
              "How long a reconcile run may take. Set it to more than twice the longest timeout of your hosts.",
            ),
          watchStaleSeconds: z.number().gt(0).default(120).describe("How long the API server may send nothing."),
          memoryRatio: ratio.default(0.9).describe("Share of the memory limit that may be used."),
        })
        .prefault({}),
    })
    .prefault({}),
};

const dashboards = {
  dashboards: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe("Create a ConfigMap for each Grafana dashboard, which Grafana's sidecar imports."),
      namespace: optional(namespaceName)
        .default("")
        .describe("Namespace of the ConfigMaps. The default is that of the release; the sidecar must search it."),
      labels: labels
        .default({ grafana_dashboard: "1" })
        .describe("Labels by which the sidecar selects ConfigMaps. Those of Grafana's chart are the default."),
      annotations: strings
        .default({})
        .describe("Annotations of the ConfigMaps, such as `grafana_folder`, which names the folder in Grafana."),
    })
    .prefault({}),
};

/**
 * The values of the Helm chart. Their schema, values.yaml and the table in the chart's README are generated from this.
 */
export const ChartValues = z.strictObject({
  ...program,
  ...availability,
  ...access,
  ...monitoring,
  ...dashboards,
  ...pod,
  ...naming,
});
