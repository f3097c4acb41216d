import type { MetricDefinition } from "./definition.ts";

const CONTROLLER = ["controller"] as const;
const QUEUE = ["name", "controller"] as const;
const QUEUE_BUCKETS = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300] as const;

/**
 * What any controller has, under the names of controller-runtime, client-go and their dashboards
 * (https://book.kubebuilder.io/reference/metrics-reference). Those of reflectors are our own.
 */
export const RUNTIME_METRICS = [
  {
    name: "controller_runtime_reconcile_total",
    type: "counter",
    help: "Runs that have ended; requeue is a retry after a growing wait, or at once after a change during the run",
    labels: ["controller", "result"],
  },
  {
    name: "controller_runtime_reconcile_errors_total",
    type: "counter",
    help: "Runs that could not do their work or store its result; a host that is down is none",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_terminal_reconcile_errors_total",
    type: "counter",
    help: "Runs that found what only a change by the user can mend (Stalled)",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_reconcile_panics_total",
    type: "counter",
    help: "Runs that a defect of the program ended; they count as errors too, and are tried again",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_reconcile_timeouts_total",
    type: "counter",
    help: "Runs that were aborted at the controller's deadline",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_reconcile_time_seconds",
    type: "histogram",
    help: "How long runs took",
    labels: CONTROLLER,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  {
    name: "controller_runtime_max_concurrent_reconciles",
    type: "gauge",
    help: "How many workers there are",
    labels: CONTROLLER,
  },
  {
    name: "controller_runtime_active_workers",
    type: "gauge",
    help: "Workers that have a run; one that only waits for a registry goes on without its worker",
    labels: CONTROLLER,
  },
  {
    name: "workqueue_depth",
    type: "gauge",
    help: "Keys that are due and wait for a worker",
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
    help: "How long keys waited for a worker once they were due",
    labels: QUEUE,
    buckets: QUEUE_BUCKETS,
  },
  {
    name: "workqueue_work_duration_seconds",
    type: "histogram",
    help: "How long keys were worked on",
    labels: QUEUE,
    buckets: QUEUE_BUCKETS,
  },
  {
    name: "workqueue_unfinished_work_seconds",
    type: "gauge",
    help: "How long the keys that are worked on have been so, in sum",
    labels: QUEUE,
  },
  {
    name: "workqueue_longest_running_processor_seconds",
    type: "gauge",
    help: "How long the oldest of them has been worked on",
    labels: QUEUE,
  },
  {
    name: "workqueue_retries_total",
    type: "counter",
    help: "Keys that were put off by a growing wait",
    labels: QUEUE,
  },
  {
    name: "rest_client_requests_total",
    type: "counter",
    help: "Requests to the API server by HTTP status, or <error> where there was no answer",
    labels: ["code", "method", "host"],
  },
  {
    name: "leader_election_master_status",
    type: "gauge",
    help: "1 while this process holds the lease, else 0",
    labels: ["name"],
  },
  {
    name: "reflector_last_event_age_seconds",
    type: "gauge",
    help: "How long ago the API server last said anything of this kind; quiet watches are opened anew every 30 s",
    labels: ["kind"],
  },
  {
    name: "reflector_restarts_total",
    type: "counter",
    help: "Lists and watches that had to be begun anew, by cause; Ended and Inactive are ordinary",
    labels: ["kind", "cause"],
  },
  {
    name: "reflector_relists_total",
    type: "counter",
    help: "Full lists beyond the first",
    labels: ["kind"],
  },
] as const satisfies readonly MetricDefinition[];
