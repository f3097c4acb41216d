/** An alert of the chart. `{{ .Values... }}` is Helm's, `{{ $labels... }}` and `{{ $value }}` are Prometheus'. */
export interface Alert {
  readonly name: string;
  readonly severity: "info" | "warning" | "critical";
  readonly expr: string;
  readonly for: string;
  readonly summary: string;
  readonly description: string;
}

const THRESHOLDS = ".Values.prometheusRule.thresholds";
const NAME = '{{ include "dockerhost-operator.fullname" . }}';
/** The operator's own targets: a ServiceMonitor's job is the name of the Service. */
const JOB = `job="${NAME}"`;
const CONTAINER = `namespace="{{ .Release.Namespace }}", container="controller", pod=~"${NAME}-.*"`;
const HOST = "{{ $labels.namespace }}/{{ $labels.name }}";

/** Only the leader tells of hosts, whose series change their pod with it: the pod's labels are left out. */
const perHost = (aggregate: "max" | "min", metric: string, more = "") =>
  `${aggregate} by (namespace, name${more}) (${metric}{${JOB}})`;
const NOT_SUSPENDED = `unless on (namespace, name) ${perHost("max", "dockerhost_suspended")} == 1`;
const secondsLeft = `${perHost("min", "dockerhost_certificate_expiry_timestamp_seconds", ", certificate")} - time()`;
const days = (value: string) => `86400 * {{ ${THRESHOLDS}.${value} }}`;

/** What must be looked at by a human: few, and each of what users feel. Each has a page in docs/runbooks/. */
export const ALERTS: readonly Alert[] = [
  {
    name: "DockerHostNotReady",
    severity: "warning",
    expr: `(${perHost("max", "dockerhost_ready")} == 0) ${NOT_SUSPENDED}`,
    for: `{{ ${THRESHOLDS}.notReadyFor }}`,
    summary: `Docker host ${HOST} is not ready.`,
    description: `The operator does not reach the daemon of ${HOST}, or its Secret or spec is wrong. The STATUS column of \`kubectl -n {{ $labels.namespace }} get dockerhost {{ $labels.name }}\` says why.`,
  },
  {
    name: "DockerHostCertificateExpiringSoon",
    severity: "critical",
    expr: `${secondsLeft} < ${days("certificateCriticalDays")}`,
    for: "10m",
    summary: `The {{ $labels.certificate }} certificate of Docker host ${HOST} is about to end.`,
    description: `It ends in {{ $value | humanizeDuration }}. The connection is lost then.`,
  },
  {
    name: "DockerHostCertificateExpiringSoon",
    severity: "warning",
    expr: `(${secondsLeft} < ${days("certificateWarningDays")}) >= ${days("certificateCriticalDays")}`,
    for: "10m",
    summary: `The {{ $labels.certificate }} certificate of Docker host ${HOST} ends soon.`,
    description: `It ends in {{ $value | humanizeDuration }}: whatever renews it should have done so.`,
  },
  {
    name: "DockerHostUpdateCheckStale",
    severity: "warning",
    expr: `(time() - ${perHost("max", "dockerhost_update_check_last_success_timestamp_seconds")} > 3600 * {{ ${THRESHOLDS}.updateCheckStaleHours }}) ${NOT_SUSPENDED}`,
    for: "15m",
    summary: `The images of Docker host ${HOST} have not been checked for long.`,
    description: `The last check without a failure was {{ $value | humanizeDuration }} ago. What the host says of updates is that old.`,
  },
  {
    name: "DockerHostRegistryRateLimited",
    severity: "warning",
    expr: `sum by (registry) (increase(dockerhost_registry_requests_total{${JOB}, code="429"}[15m])) > 0`,
    for: "30m",
    summary: "The registry {{ $labels.registry }} refuses requests of update checks.",
    description:
      "It answers 429 for half an hour now. Update checks of its images are late until it grants requests again.",
  },
  {
    name: "DockerHostOperatorDown",
    severity: "critical",
    expr: `absent(up{${JOB}} == 1)`,
    for: "5m",
    summary: "No replica of the Docker host operator can be scraped.",
    description: "What the DockerHosts say is as old as this, and rotated certificates are not taken up.",
  },
  {
    name: "DockerHostOperatorNoLeader",
    severity: "critical",
    expr: `sum by (name) (leader_election_master_status{${JOB}}) != 1`,
    for: "2m",
    summary: "The Docker host operator has {{ $value }} leaders for the lease {{ $labels.name }}.",
    description: "With none nothing is reconciled; with more than one the hosts are worked on twice.",
  },
  {
    name: "DockerHostOperatorReconcileErrorsHigh",
    severity: "warning",
    expr: `sum by (controller) (rate(controller_runtime_reconcile_errors_total{${JOB}}[5m])) / sum by (controller) (rate(controller_runtime_reconcile_total{${JOB}}[5m])) > {{ ${THRESHOLDS}.reconcileErrorRatio }}`,
    for: "15m",
    summary: "Runs of the controller {{ $labels.controller }} fail.",
    description:
      "{{ $value | humanizePercentage }} of them could not do their work or store its result. Hosts that are down do not count.",
  },
  {
    name: "DockerHostOperatorQueueLatencyHigh",
    severity: "warning",
    expr: `histogram_quantile(0.99, sum by (name, le) (rate(workqueue_queue_duration_seconds_bucket{${JOB}}[5m]))) > {{ ${THRESHOLDS}.queueLatencySeconds }}`,
    for: "10m",
    summary: "Hosts wait long in the queue {{ $labels.name }}.",
    description: "One in a hundred waits for {{ $value | humanizeDuration }} until a worker is free.",
  },
  {
    name: "DockerHostOperatorReconcileStuck",
    severity: "warning",
    expr: `max by (name) (workqueue_longest_running_processor_seconds{${JOB}}) > {{ ${THRESHOLDS}.reconcileStuckSeconds }}`,
    for: "5m",
    summary: "A run of the queue {{ $labels.name }} does not end.",
    description: "It has been going on for {{ $value | humanizeDuration }}, longer than any timeout should let it.",
  },
  {
    name: "DockerHostOperatorWatchStale",
    severity: "warning",
    expr: `max by (kind, pod) (reflector_last_event_age_seconds{${JOB}}) > {{ ${THRESHOLDS}.watchStaleSeconds }}`,
    for: "5m",
    summary: "The operator hears nothing of {{ $labels.kind }} objects.",
    description: "The API server last said anything {{ $value | humanizeDuration }} ago. Changes are not seen.",
  },
  {
    name: "DockerHostOperatorMemoryNearLimit",
    severity: "warning",
    expr: `max by (pod) (container_memory_working_set_bytes{${CONTAINER}} / (container_spec_memory_limit_bytes{${CONTAINER}} > 0)) > {{ ${THRESHOLDS}.memoryRatio }}`,
    for: "10m",
    summary: "{{ $labels.pod }} is about to be killed for its memory.",
    description: "It uses {{ $value | humanizePercentage }} of its limit.",
  },
];

export const ALERT_NAMES: readonly string[] = [...new Set(ALERTS.map(({ name }) => name))];
