import { z } from "zod";
import { LOG_ENCODINGS, LOG_LEVELS } from "../../src/telemetry/logger.ts";
import { ALERT_NAMES } from "./alerts.ts";

/** A part of the Kubernetes API that is handed through as it is. */
const kubernetesObject = z.record(z.string(), z.unknown());
const strings = z.record(z.string(), z.string());
const resourceName = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
const namespaceName = resourceName.max(63);
const seconds = z.int().min(0);
const duration = z.string().regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/);
/** As in a ServiceMonitor and a PrometheusRule. */
const prometheusDuration = z.string().regex(/^([0-9]+(ms|s|m|h|d|w|y))+$/);
const ratio = z.number().gt(0).max(1);

const probe = (defaults: { periodSeconds: number; failureThreshold: number }) =>
  z
    .strictObject({
      initialDelaySeconds: seconds.default(0).describe("Seconds before the first probe."),
      periodSeconds: seconds.min(1).default(defaults.periodSeconds).describe("Seconds between two probes."),
      timeoutSeconds: seconds.min(1).default(5).describe("Seconds that an answer may take."),
      failureThreshold: z.int().min(1).default(defaults.failureThreshold).describe("Failures in a row that count."),
    })
    .prefault({});

const naming = {
  nameOverride: z.string().max(63).default("").describe("Stands for the chart's name in the names of objects."),
  fullnameOverride: z.string().max(63).default("").describe("The whole name of the objects."),
  commonLabels: strings.default({}).describe("Labels of every object."),
};

const program = {
  image: z
    .strictObject({
      repository: z
        .string()
        .min(1)
        .default("registry.dockerhost.dev/dockerhost-operator")
        .describe("Where the image is; your own comes from `npm run image`."),
      tag: z.string().default("").describe("Default: the chart's appVersion."),
      digest: z
        .string()
        .regex(/^(sha256:[0-9a-f]{64})?$/)
        .default("")
        .describe("Pins the image; it wins over the tag."),
      pullPolicy: z
        .enum(["Always", "IfNotPresent", "Never"])
        .default("IfNotPresent")
        .describe("When the kubelet pulls it."),
    })
    .prefault({}),
  imagePullSecrets: z.array(kubernetesObject).default([]).describe("Names of Secrets to pull the image with."),
  crds: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Install and upgrade the CustomResourceDefinition with the chart."),
      keep: z
        .boolean()
        .default(true)
        .describe("Leave it, and with it every DockerHost, when the chart is uninstalled."),
    })
    .prefault({}),
  watchNamespaces: z
    .array(namespaceName)
    .default([])
    .describe("Watch these namespaces alone, with a Role in each instead of a ClusterRole. Empty: all."),
  watchSecrets: z
    .boolean()
    .default(true)
    .describe(
      "Follow changes of Secrets, by names and versions alone. Without, which needs no right to list them, a change is found at a host's next interval.",
    ),
  concurrent: z
    .int()
    .min(1)
    .max(999)
    .default(10)
    .describe("Hosts of one namespace that are worked on at once; of all namespaces together at most twice as many."),
  requireTls: z.boolean().default(false).describe("Refuse daemons that are not reached over verified TLS or SSH."),
  allowedEndpointCidrs: z.array(z.string()).default([]).describe("Networks to connect to although they are denied."),
  deniedEndpointCidrs: z
    .array(z.string())
    .default([])
    .describe(
      "Networks never to connect to, in addition to those that are denied from the start. Name the cluster's pod and Service networks here.",
    ),
  allowedSockets: z
    .array(z.string().regex(/^\/[^,\s]*$/))
    .default([])
    .describe(
      "Sockets that `unix://` hosts may use. Mount each with `extraVolumes`. Everyone who may write a DockerHost can use them.",
    ),
  redactNetworkDetails: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      "Show in status and events only the reason why a connection failed; the log says more. Not set: unless a single namespace is watched.",
    ),
  logLevel: z.enum(LOG_LEVELS).default("info").describe("Least level of the log."),
  logEncoding: z.enum(LOG_ENCODINGS).default("json").describe("Form of the log."),
  extraArgs: z.array(z.string()).default([]).describe("More flags of `dockerhost controller`."),
};

const availability = {
  replicaCount: z.int().min(0).default(2).describe("Replicas; one leads, the others stand by with warm caches."),
  leaderElection: z
    .strictObject({
      leaseDuration: duration.default("15s").describe("A leader that is not heard of for so long is replaced."),
      renewDeadline: duration.default("10s").describe("A leader that cannot renew for so long ends."),
      retryPeriod: duration.default("2s").describe("Time between two tries to take or renew the lease."),
    })
    .prefault({}),
  shards: z
    .array(z.strictObject({ name: resourceName.max(20), labelSelector: z.string().min(1) }))
    .default([])
    .describe("One Deployment for each, for the DockerHosts that its selector picks. The selectors must not overlap."),
  podDisruptionBudget: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Only with at least two replicas, lest nodes cannot be drained."),
      maxUnavailable: z
        .union([z.int().min(1), z.string()])
        .default(1)
        .describe("Replicas that a drain may take at once, or a percentage."),
    })
    .prefault({}),
  strategy: kubernetesObject
    .default({ type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } })
    .describe("Of the Deployment."),
  revisionHistoryLimit: z.int().min(0).default(3).describe("Old ReplicaSets that are kept for a rollback."),
  gracefulShutdownTimeout: duration
    .default("10s")
    .describe("How long work in flight may go on when a pod ends; what is cut off is done anew by the next."),
  terminationGracePeriodSeconds: seconds
    .default(30)
    .describe("At least 15 s more than gracefulShutdownTimeout, for the last events and the lease."),
  affinity: kubernetesObject.default({}).describe("Default: replicas on different nodes where that is possible."),
  topologySpreadConstraints: z
    .array(kubernetesObject)
    .default([])
    .describe("Default: spread over zones where that is possible."),
  nodeSelector: strings.default({ "kubernetes.io/os": "linux" }).describe("Labels of the nodes to run on."),
  tolerations: z.array(kubernetesObject).default([]).describe("Taints of nodes to run on all the same."),
  priorityClassName: z.string().default("").describe("PriorityClass of the pods."),
};

const access = {
  rbac: z
    .strictObject({
      create: z.boolean().default(true).describe("Make the roles and their bindings; else they are yours to make."),
      aggregateRoles: z
        .boolean()
        .default(true)
        .describe("Let the cluster's view, edit and admin roles cover DockerHosts."),
    })
    .prefault({}),
  serviceAccount: z
    .strictObject({
      create: z.boolean().default(true).describe("Make the service account."),
      name: z.string().default("").describe("Default: the name of the objects; without `create`, `default`."),
      annotations: strings.default({}).describe("Annotations of the service account."),
    })
    .prefault({}),
  admissionWarnings: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe("A ValidatingAdmissionPolicy that warns at `kubectl apply`; it never refuses."),
    })
    .prefault({}),
  networkPolicy: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Let in only probes and scrapes of metrics."),
      metricsFrom: z.array(kubernetesObject).default([]).describe("Who may scrape (peers). Empty: everyone."),
      egress: z
        .strictObject({
          enabled: z
            .boolean()
            .default(false)
            .describe("Let out only DNS, the API server and `rules`, which must name your daemons and registries."),
          apiServerPorts: z
            .array(z.int().min(1).max(65_535))
            .default([443, 6443])
            .describe("Ports of the API server, before and behind its Service."),
          rules: z.array(kubernetesObject).default([]).describe("Egress rules for daemons and registries."),
        })
        .prefault({}),
    })
    .prefault({}),
};

const pod = {
  resources: kubernetesObject
    .default({ requests: { cpu: "50m", memory: "160Mi" }, limits: { memory: "384Mi" } })
    .describe(
      "The benchmark, 300 hosts checked as fast as two cores can, peaks at 140 MiB. No CPU limit: it would delay renewals.",
    ),
  nodePermissions: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          "Node's permission model: no writing of files, no processes, no native code, reading of these alone:",
        ),
      allowRead: z
        .array(z.string().regex(/^\/\S*$/))
        .default([])
        .describe("Paths beside the program and its service account, for files of `extraVolumeMounts`."),
    })
    .prefault({}),
  nodeOptions: z
    .array(z.string().regex(/^--\S+$/))
    .default([])
    .describe("More flags of Node, of those that NODE_OPTIONS takes."),
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
    .describe("As Pod Security's restricted level asks."),
  securityContext: kubernetesObject
    .default({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } })
    .describe("The same of the container."),
  hostAliases: z.array(kubernetesObject).default([]).describe("Addresses of hosts that DNS does not know."),
  dnsPolicy: z
    .enum(["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"])
    .default("ClusterFirst")
    .describe("How pods resolve names."),
  dnsConfig: kubernetesObject.default({}).describe("More of that."),
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
    .describe("More variables. NODE_OPTIONS is made of `nodePermissions` and `nodeOptions`."),
  extraEnvFrom: z.array(kubernetesObject).default([]).describe("ConfigMaps and Secrets of variables."),
  extraVolumes: z.array(kubernetesObject).default([]).describe("More volumes; see `nodePermissions.allowRead`."),
  extraVolumeMounts: z.array(kubernetesObject).default([]).describe("Where the controller finds them."),
  extraContainers: z.array(kubernetesObject).default([]).describe("Containers beside the controller."),
  initContainers: z.array(kubernetesObject).default([]).describe("Containers before it."),
  extraObjects: z
    .array(z.union([kubernetesObject, z.string()]))
    .default([])
    .describe("More objects; templates in them are rendered."),
};

const monitoring = {
  metrics: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Serve /metrics, and make a Service for it."),
      port: z.int().min(1).max(65_535).default(8080).describe("Port of /metrics."),
      serviceAnnotations: strings.default({}).describe("Annotations of the Service."),
      serviceMonitor: z
        .strictObject({
          enabled: z.boolean().default(false).describe("Needs the Prometheus Operator."),
          labels: strings.default({}).describe("What your Prometheus selects ServiceMonitors by."),
          interval: prometheusDuration.default("30s").describe("How often Prometheus scrapes."),
          scrapeTimeout: prometheusDuration.default("10s").describe("How long a scrape may take."),
          relabelings: z.array(kubernetesObject).default([]).describe("Of the targets, before the scrape."),
          metricRelabelings: z.array(kubernetesObject).default([]).describe("Of the series, after it."),
        })
        .prefault({}),
    })
    .prefault({}),
  prometheusRule: z
    .strictObject({
      enabled: z.boolean().default(false).describe("Alerts, each with a runbook; needs the Prometheus Operator."),
      labels: strings.default({}).describe("What your Prometheus selects PrometheusRules by."),
      alertLabels: strings.default({}).describe("Labels of every alert, for routing."),
      runbookUrl: z
        .string()
        .default("https://dockerhost.dev/docs/runbooks")
        .describe("Folder of the runbooks, which are docs/runbooks/ of the sources."),
      disabled: z.array(z.enum(ALERT_NAMES)).default([]).describe("Names of alerts to leave out."),
      thresholds: z
        .strictObject({
          notReadyFor: prometheusDuration.default("15m").describe("How long a host may be away."),
          certificateWarningDays: z.number().gt(0).default(14).describe("Days before a certificate's end."),
          certificateCriticalDays: z.number().gt(0).default(3).describe("The same with severity critical."),
          updateCheckStaleHours: z
            .number()
            .gt(0)
            .default(72)
            .describe("Three times the interval that your hosts have."),
          reconcileErrorRatio: ratio.default(0.2).describe("Share of runs that fail."),
          queueLatencySeconds: z.number().gt(0).default(10).describe("What one key in a hundred waits."),
          reconcileStuckSeconds: z
            .number()
            .gt(0)
            .default(1200)
            .describe("More than twice the longest timeout of your hosts."),
          watchStaleSeconds: z.number().gt(0).default(120).describe("Silence of the API server."),
          memoryRatio: ratio.default(0.9).describe("Share of the memory limit."),
        })
        .prefault({}),
    })
    .prefault({}),
};

/** The values of the Helm chart: their schema, values.yaml and the table in its README are made from this. */
export const ChartValues = z.strictObject({
  ...program,
  ...availability,
  ...access,
  ...monitoring,
  ...pod,
  ...naming,
});
