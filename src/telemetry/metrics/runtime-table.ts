import type { MetricDefinition } from "./definition.ts";

const CONTROLLER = ["controller"] as const;
const QUEUE = ["name", "controller"] as const;
const QUEUE_BUCKETS = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300] as const;

/**
 * The metrics that any controller has, with the names that controller-runtime, client-go and their dashboards use
 * (https://book.kubebuilder.io/reference/metrics-reference). Only those of reflectors are our own.
 */
export const RUNTIME_METRICS = [
  {
    name: "controller_runtime_reconcile_total",
    type: "counter",
    help: "Reconcile runs that have finished; requeue is a retry with increasing delay, or an immediate one after a change during the run",
    labels: ["controller", "result"],
  },
  {
    name: "controller_runtime_reconcile_errors_total",
    type: "counter",
    help: "Reconcile runs that could not do their work or store the result; a host that is down does not count",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_terminal_reconcile_errors_total",
    type: "counter",
    help: "Reconcile runs that found a problem which only a change by the user can fix (Stalled)",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_reconcile_panics_total",
    type: "counter",
    help: "Reconcile runs that failed because of a bug in the program; they also count as errors and are retried",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_reconcile_timeouts_total",
    type: "counter",
    help: "Reconcile runs that were aborted at the controller's deadline",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_reconcile_time_seconds",
    type: "histogram",
    help: "Duration of reconcile runs",
    labels: CONTROLLER,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  {
    name: "controller_runtime_max_concurrent_reconciles",
    type: "gauge",
    help: "Number of workers",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_active_workers",
    type: "gauge",
    help: "Workers that are busy with a run; a run that takes longer than 2 s or only waits for a registry frees its worker",
    labels: CONTROLLER,
  },
  {
    name: "workqueue_depth",
    type: "gauge",
    help: "Keys that are due and waiting for a worker",
    labels: QUEUE,
  },
  {
    name: "workqueue_adds_total",
    type: "counter",
    help: "Keys that have become due",
    labels: QUEUE,
  },
  {
    name: "workqueue_queue_duration_seconds",
    type: "histogram",
    help: "Time that keys waited for a worker after they became due",
    labels: QUEUE,
    buckets: QUEUE_BUCKETS,
  },
  {
    name: "workqueue_work_duration_seconds",
    type: "histogram",
    help: "Time that it took to process keys",
    labels: QUEUE,
    buckets: QUEUE_BUCKETS,
  },
  {
    name: "workqueue_unfinished_work_seconds",
    type: "gauge",
    help: "Total time that the keys in progress have been processed so far",
    labels: QUEUE,
  },
  {
    name: "workqueue_longest_running_processor_seconds",
    type: "gauge",
    help: "Time that the longest-running key in progress has been processed so far",
    labels: QUEUE,
  },
  {
    name: "workqueue_retries_total",
    type: "counter",
    help: "Keys that were delayed by a backoff",
    labels: QUEUE,
  },
  {
    name: "rest_client_requests_total",
    type: "counter",
    help: "Requests to the API server by HTTP status, or <error> if there was no answer",
    labels: ["code", "method", "host"],
  },
  {
    name: "leader_election_master_status",
    type: "gauge",
    help: "1 while this process holds the lease, otherwise 0",
    labels: ["name"],
  },
  {
    name: "reflector_last_event_age_seconds",
    type: "gauge",
    help: "Time since the API server last sent anything about this kind; quiet watches are reopened every 30 s",
    labels: ["kind"],
  },
  {
    name: "reflector_failing",
    type: "gauge",
    help: "1 while objects of this kind cannot be listed or watched in the namespace, otherwise 0; the namespace is empty if all namespaces are watched",
    labels: ["kind", "watched_namespace"],
  },
  {
    name: "reflector_restarts_total",
    type: "counter",
    help: "Lists and watches that had to be restarted, by cause; Ended and Inactive are normal",
    labels: ["kind", "cause"],
  },
  {
    name: "reflector_relists_total",
    type: "counter",
    help: "Full lists after the first one",
    labels: ["kind"],
  },
] as const satisfies readonly MetricDefinition[];
