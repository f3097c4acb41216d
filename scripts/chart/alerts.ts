/** An alert of the chart. Helm renders `{{ .Values... }}`; Prometheus renders `{{ $labels... }}` and `{{ $value }}`. */
export interface Alert {
  readonly name: string;
  readonly severity: "info" | "warning" | "critical";
  readonly expr: string;
  readonly for: string;
  readonly summary: string;
  readonly description: string;
}

const THRESHOLDS = ".Values.prometheusRule.thresholds";
/** Selects the targets of this release. Helm removes the space, which only keeps three braces apart. */
const TARGETS = ' {{- include "dockerhost-operator.targets" $ }}';
/** The same for series that name a host, whose `namespace` may be that of the host. */
const HOST_TARGETS = ' {{- include "dockerhost-operator.hostTargets" $ }}';
const OPERATOR = '{{ .Release.Namespace }}/{{ include "dockerhost-operator.fullname" . }}';
const CONTAINER = `namespace="{{ .Release.Namespace }}", container="controller", pod=~"{{ include "dockerhost-operator.podPattern" . }}"`;
/** Without honorLabels, Prometheus renames the host's label; some administrators enforce that. */
const HOST_NAMESPACE = "{{ or $labels.exported_namespace $labels.namespace }}";
const HOST = `${HOST_NAMESPACE}/{{ $labels.name }}`;
/** Identifies a host whether or not its label `namespace` was renamed. */
const BY_HOST = "namespace, exported_namespace, name";

/** Only the leader reports hosts, so their series move to another pod with it. Leave out the pod's labels. */
const perHost = (aggregate: "max" | "min", metric: string, more = "") =>
  `${aggregate} by (${BY_HOST}${more}) (${metric}{${HOST_TARGETS}})`;
const NOT_SUSPENDED = `unless on (${BY_HOST}) ${perHost("max", "dockerhost_suspended")} == 1`;
const secondsLeft = `${perHost("min", "dockerhost_certificate_expiry_timestamp_seconds", ", certificate")} - time()`;
/** Short-lived certificates are renewed long after this many days are left. */
const UNLESS_CURRENT = `unless on (${BY_HOST}, certificate) ${perHost("max", "dockerhost_certificate_expiring", ", certificate")} == 0`;
const days = (value: string) => `86400 * {{ ${THRESHOLDS}.${value} }}`;

/**
 * The alerts that need a human. They are few, and each is about something that users notice. Each has a page in
 * docs/runbooks/.
 */
export const ALERTS: readonly Alert[] = [
  {
    name: "DockerHostNotReady",
    severity: "warning",
    expr: `(${perHost("max", "dockerhost_ready")} == 0) ${NOT_SUSPENDED}`,
    for: `{{ ${THRESHOLDS}.notReadyFor }}`,
    summary: `Docker host ${HOST} is not ready.`,
    description: `The operator cannot reach the daemon of ${HOST}, or its Secret or spec is wrong. The STATUS column of \`kubectl -n ${HOST_NAMESPACE} get dockerhost {{ $labels.name }}\` says why.`,
  },
  {
    name: "DockerHostCertificateExpiringSoon",
    severity: "critical",
    expr: `${secondsLeft} < ${days("certificateCriticalDays")} ${UNLESS_CURRENT}`,
    for: "10m",
    summary: `The {{ $labels.certificate }} certificate of Docker host ${HOST} is about to expire.`,
    description: `It expires in {{ $value | humanizeDuration }}. After that, connections fail.`,
  },
  {
    name: "DockerHostCertificateExpiringSoon",
    severity: "warning",
    expr: `(${secondsLeft} < ${days("certificateWarningDays")}) >= ${days("certificateCriticalDays")} ${UNLESS_CURRENT}`,
    for: "10m",
    summary: `The {{ $labels.certificate }} certificate of Docker host ${HOST} expires soon.`,
    description: `It expires in {{ $value | humanizeDuration }} and should have been renewed by now.`,
  },
  {
    name: "DockerHostUpdateCheckStale",
    severity: "warning",
    expr: `(time() - ${perHost("max", "dockerhost_update_check_last_success_timestamp_seconds")} > 3600 * {{ ${THRESHOLDS}.updateCheckStaleHours }}) ${NOT_SUSPENDED}`,
    for: "15m",
    summary: `The images of Docker host ${HOST} have not been checked for a long time.`,
    description: `The last check without a failure was {{ $value | humanizeDuration }} ago, so the host's update status is at least that old.`,
  },
  {
    name: "DockerHostRegistryRateLimited",
    severity: "warning",
    expr: `sum by (registry) (increase(dockerhost_registry_requests_total{${TARGETS}, code="429"}[15m])) > 0`,
    for: "30m",
    summary: "The registry {{ $labels.registry }} refuses requests from update checks.",
    description:
      "It has been answering 429 for half an hour. Update checks of its images are delayed until it accepts requests again.",
  },
  {
    name: "DockerHostContainerUpdateFailed",
    severity: "warning",
    expr: `sum(increase(dockerhost_container_updates_total{${TARGETS}, result=~"RolledBack|Failed"}[1h])) > 0`,
    for: "0m",
    summary: "Updates of containers on Docker hosts have failed.",
    description:
      '{{ $value | printf "%.0f" }} in the last hour. `kubectl get containerupdates -A -o wide` shows which ones and why. An update that was rolled back has put the old container back.',
  },
  {
    name: "DockerHostOperatorDown",
    severity: "critical",
    expr: `absent(up{${TARGETS}} == 1)`,
    for: "5m",
    summary: `No replica of the Docker host operator ${OPERATOR} can be scraped.`,
    description: "The status of DockerHosts is not updated, and rotated certificates are not picked up.",
  },
  {
    name: "DockerHostOperatorNoLeader",
    severity: "critical",
    // The series of a shard go with its last pod, while the pods of other shards can be scraped.
    expr: `sum by (name) (leader_election_master_status{${TARGETS}}) != 1{{ range .Values.shards }} or sum by (name) (absent(leader_election_master_status{${TARGETS}, name="{{ (include "dockerhost-operator.lease" (dict "root" $ "shard" .) | fromYaml).name }}"}) - 1){{ end }}`,
    for: "2m",
    summary: `The Docker host operator ${OPERATOR} has {{ $value }} leaders for the lease {{ $labels.name }}.`,
    description: "Without a leader, nothing is reconciled; with more than one, hosts are processed twice.",
  },
  {
    name: "DockerHostUnclaimed",
    severity: "warning",
    expr: `${perHost("max", "dockerhost_unclaimed")} == 1`,
    for: "10m",
    summary: `No controller processes Docker host ${HOST}.`,
    description: "A replica of the operator watches it, but no leader has processed its current spec.",
  },
  {
    name: "DockerHostOperatorNamespaceNotWatched",
    severity: "warning",
    expr: `max by (watched_namespace) (reflector_failing{${TARGETS}, kind="DockerHost"}) == 1`,
    for: "5m",
    summary: `The operator cannot watch the DockerHosts of namespace "{{ $labels.watched_namespace }}".`,
    description:
      "Its hosts are not processed until the operator can list them again; other namespaces are not affected. An empty name means all namespaces.",
  },
  {
    name: "DockerHostOperatorReconcileErrorsHigh",
    severity: "warning",
    expr: `sum by (controller) (rate(controller_runtime_reconcile_errors_total{${TARGETS}}[5m])) / sum by (controller) (rate(controller_runtime_reconcile_total{${TARGETS}}[5m])) > {{ ${THRESHOLDS}.reconcileErrorRatio }}`,
    for: "15m",
    summary: "Reconcile runs of the controller {{ $labels.controller }} fail.",
    description:
      "{{ $value | humanizePercentage }} of the runs could not do their work or store the result. Hosts that are down do not count.",
  },
  {
    name: "DockerHostOperatorQueueLatencyHigh",
    severity: "warning",
    expr: `histogram_quantile(0.99, sum by (name, le) (rate(workqueue_queue_duration_seconds_bucket{${TARGETS}}[5m]))) > {{ ${THRESHOLDS}.queueLatencySeconds }}`,
    for: "10m",
    summary: "Hosts wait too long in the queue {{ $labels.name }}.",
    description: "One host in a hundred waits {{ $value | humanizeDuration }} or longer for a free worker.",
  },
  {
    name: "DockerHostOperatorReconcileStuck",
    severity: "warning",
    expr: `max by (name) (workqueue_longest_running_processor_seconds{${TARGETS}, name!="containerupdates"}) > {{ ${THRESHOLDS}.reconcileStuckSeconds }}`,
    for: "5m",
    summary: "A reconcile run of the queue {{ $labels.name }} does not finish.",
    description: "It has been running for {{ $value | humanizeDuration }}, longer than any timeout should allow.",
  },
  {
    name: "DockerHostOperatorWatchStale",
    severity: "warning",
    expr: `max by (kind, pod) (reflector_last_event_age_seconds{${TARGETS}}) > {{ ${THRESHOLDS}.watchStaleSeconds }}`,
    for: "5m",
    summary: "The operator receives no news of {{ $labels.kind }} objects.",
    description: "The API server last sent something {{ $value | humanizeDuration }} ago. Changes are not noticed.",
  },
  {
    name: "DockerHostOperatorMemoryNearLimit",
    severity: "warning",
    expr: `max by (pod) (container_memory_working_set_bytes{${CONTAINER}} / (container_spec_memory_limit_bytes{${CONTAINER}} > 0)) > {{ ${THRESHOLDS}.memoryRatio }}`,
    for: "10m",
    summary: "{{ $labels.pod }} is about to be killed because of its memory use.",
    description: "It uses {{ $value | humanizePercentage }} of its memory limit.",
  },
  {
    name: "DockerHostNotificationsFailing",
    severity: "warning",
    expr: `max(dockerhost_notification_failing{${TARGETS}}) == 1 or sum(increase(dockerhost_notification_changes_total{${TARGETS}, result="dropped"}[1h])) > 0`,
    for: "15m",
    summary: `The Docker host operator ${OPERATOR} cannot deliver notifications.`,
    description:
      "The webhook has not taken messages for a quarter of an hour, or changes were dropped. The log of the leader says why.",
  },
];

export const ALERT_NAMES: readonly string[] = [...new Set(ALERTS.map(({ name }) => name))];
