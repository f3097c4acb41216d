import { z } from "zod";
import { LOG_ENCODINGS, LOG_LEVELS } from "../../src/telemetry/logger.ts";
import { ALERT_NAMES } from "./alerts.ts";

/** A part of the Kubernetes API that is passed through unchanged. */
const kubernetesObject = z.record(z.string(), z.unknown());
const strings = z.record(z.string(), z.string());
const resourceName = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
const namespaceName = resourceName.max(63);
const seconds = z.int().min(0);
const duration = z.string().regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/);
/** The format of durations in a ServiceMonitor and a PrometheusRule. */
const prometheusDuration = z.string().regex(/^([0-9]+(ms|s|m|h|d|w|y))+$/);
const ratio = z.number().gt(0).max(1);

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

const naming = {
  nameOverride: z.string().max(63).default("").describe("Replaces the chart's name in the names of objects."),
  fullnameOverride: z.string().max(63).default("").describe("Replaces the whole name of the objects."),
  commonLabels: strings.default({}).describe("Labels to add to every object."),
};

const program = {
  image: z
    .strictObject({
      repository: z
        .string()
        .min(1)
        .default("registry.dockerhost.dev/dockerhost-operator")
        .describe("Repository of the image. Build your own with `npm run image`."),
      tag: z.string().default("").describe("Tag of the image. The default is the chart's appVersion."),
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
  imagePullSecrets: z
    .array(kubernetesObject)
    .default([])
    .describe("Names of the Secrets with credentials to pull the image."),
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
  requireTls: z
    .boolean()
    .default(false)
    .describe("Refuse daemons that are not reached over verified TLS, verified SSH or a local socket."),
  allowedEndpointCidrs: z
    .array(z.string())
    .default([])
    .describe("Networks to which connections are allowed even if a denied network contains them."),
  deniedEndpointCidrs: z
    .array(z.string())
    .default([])
    .describe(
      "Networks to which the controller never connects, in addition to those that are always denied. List the cluster's pod and Service networks here.",
    ),
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
    .array(z.strictObject({ name: resourceName.max(20), labelSelector: z.string().min(1) }))
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
        .union([z.int().min(1), z.string()])
        .default(1)
        .describe("How many replicas may be unavailable at the same time during a drain, or a percentage."),
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
  priorityClassName: z.string().default("").describe("PriorityClass of the pods."),
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
      name: z
        .string()
        .default("")
        .describe(
          "Name of the service account. The default is the name of the objects, or `default` if `create` is false.",
        ),
      annotations: strings.default({}).describe("Annotations of the service account."),
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
      enabled: z.boolean().default(true).describe("Allow only probes and metrics scrapes to reach the pods."),
      metricsFrom: z
        .array(kubernetesObject)
        .default([])
        .describe("Peers that may scrape metrics. If empty, everyone may."),
      egress: z
        .strictObject({
          enabled: z
            .boolean()
            .default(false)
            .describe(
              "Allow the pods to reach only DNS, the API server and `rules`, which must list your daemons and registries.",
            ),
          apiServerPorts: z
            .array(z.int().min(1).max(65_535))
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
      "Resources of the controller. The benchmark, which checks 300 hosts as fast as two cores can, peaks at 140 MiB. There is no CPU limit, because it would delay renewals of the lease.",
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
      liveness: probe({ periodSeconds: 10, failureThreshold: 6 }),
      readiness: probe({ periodSeconds: 5, failureThreshold: 3 }),
      startup: probe({ periodSeconds: 2, failureThreshold: 30 }),
    })
    .prefault({}),
  deploymentAnnotations: strings.default({}).describe("Annotations of the Deployment."),
  podAnnotations: strings.default({}).describe("Annotations of the pods."),
  podLabels: strings.default({}).describe("Labels of the pods."),
  podSecurityContext: kubernetesObject
    .default({
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      fsGroup: 65_532,
      seccompProfile: { type: "RuntimeDefault" },
    })
    .describe("Security context of the pods. The default meets the restricted level of the Pod Security Standards."),
  securityContext: kubernetesObject
    .default({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } })
    .describe(
      "Security context of the container. The default meets the restricted level of the Pod Security Standards.",
    ),
  hostAliases: z.array(kubernetesObject).default([]).describe("Addresses of hosts that DNS cannot resolve."),
  dnsPolicy: z
    .enum(["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"])
    .default("ClusterFirst")
    .describe("How the pods resolve names."),
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
      port: z.int().min(1).max(65_535).default(8080).describe("Port of /metrics."),
      serviceAnnotations: strings.default({}).describe("Annotations of the Service."),
      serviceMonitor: z
        .strictObject({
          enabled: z.boolean().default(false).describe("Create a ServiceMonitor, which needs the Prometheus Operator."),
          labels: strings.default({}).describe("Labels by which your Prometheus selects ServiceMonitors."),
          interval: prometheusDuration.default("30s").describe("How often Prometheus scrapes."),
          scrapeTimeout: prometheusDuration.default("10s").describe("How long a scrape may take."),
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
      labels: strings.default({}).describe("Labels by which your Prometheus selects PrometheusRules."),
      alertLabels: strings.default({}).describe("Labels to add to every alert, for routing."),
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
            .default(14)
            .describe("How many days before the expiry of a certificate the warning fires."),
          certificateCriticalDays: z
            .number()
            .gt(0)
            .default(3)
            .describe("How many days before the expiry of a certificate the critical alert fires."),
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

/**
 * The values of the Helm chart. Their schema, values.yaml and the table in the chart's README are generated from this.
 */
export const ChartValues = z.strictObject({
  ...program,
  ...availability,
  ...access,
  ...monitoring,
  ...pod,
  ...naming,
});
