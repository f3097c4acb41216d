import type { Dashboard } from "./dashboard.ts";
import { lines, stat } from "./panels.ts";
import { quantile, RELEASE, rate } from "./queries.ts";

const of = (metric: string) => `${metric}{${RELEASE}}`;
const one = (aggregate: string, metric: string) => `${aggregate}(${of(metric)})`;
const by = (aggregate: string, labels: string, metric: string) => `${aggregate} by (${labels}) (${of(metric)})`;
/** The program itself. */
export const controller: Dashboard = {
  name: "controller",
  title: "Docker hosts / Controller",
  description: "The program that watches the hosts: its work, its queue, the API server, and what it uses.",
  variables: [],
  rows: [
    {
      title: "Now",
      panels: [
        stat(
          "Leaders",
          one("sum", "leader_election_master_status"),
          [
            [null, "red"],
            [1, "green"],
          ],
          {
            description: "Processes that hold a lease: one, or one for each shard.",
          },
        ),
        stat("Hosts waiting", one("sum", "workqueue_depth"), [[null, "text"]], {
          description: "Hosts that are due and wait for a worker.",
        }),
        stat(
          "Busy workers",
          `${one("sum", "controller_runtime_active_workers")} / ${one("sum", "controller_runtime_max_concurrent_reconciles")}`,
          [
            [null, "green"],
            [0.8, "yellow"],
            [1, "red"],
          ],
          {
            unit: "percentunit",
            description: "The share of workers that are busy.",
          },
        ),
        stat("Longest run", one("max", "workqueue_longest_running_processor_seconds"), [[null, "text"]], {
          unit: "s",
          description: "How long the longest run in progress has taken so far.",
        }),
        stat(
          "Since the API server's last word",
          one("max", "reflector_last_event_age_seconds"),
          [
            [null, "green"],
            [60, "yellow"],
            [120, "red"],
          ],
          {
            unit: "s",
            description: "The longest time since the API server last sent anything about a kind.",
          },
        ),
        stat(
          "Watches that fail",
          one("sum", "reflector_failing"),
          [
            [null, "green"],
            [1, "red"],
          ],
          {
            description: "Kinds and namespaces whose objects cannot be listed or watched.",
          },
        ),
      ],
    },
    {
      title: "Work",
      panels: [
        lines(
          "Reconcile runs",
          [
            {
              expr: rate("controller, result", "controller_runtime_reconcile_total"),
              legend: "{{controller}} {{result}}",
            },
          ],
          {
            unit: "ops",
            description: "Runs per second by their result; requeue is a retry.",
          },
        ),
        lines(
          "Errors",
          [
            { expr: rate("controller", "controller_runtime_reconcile_errors_total"), legend: "{{controller}}" },
            { expr: rate("controller", "controller_runtime_reconcile_panics_total"), legend: "{{controller}} panics" },
            {
              expr: rate("controller", "controller_runtime_reconcile_timeouts_total"),
              legend: "{{controller}} timeouts",
            },
          ],
          {
            unit: "ops",
            description:
              "Runs per second that could not do their work or store the result. A host that is down does not count.",
          },
        ),
        lines(
          "Duration of runs (p99)",
          [
            {
              expr: quantile(0.99, "controller", "controller_runtime_reconcile_time_seconds"),
              legend: "{{controller}}",
            },
          ],
          {
            unit: "s",
            description: "One run in a hundred takes longer.",
          },
        ),
        lines(
          "Busy workers",
          [{ expr: by("sum", "controller", "controller_runtime_active_workers"), legend: "{{controller}}" }],
          {
            description: "Workers that are busy with a run.",
          },
        ),
      ],
    },
    {
      title: "Queue",
      panels: [
        lines("Waiting", [{ expr: by("sum", "name", "workqueue_depth"), legend: "{{name}}" }], {
          description: "Keys that are due and wait for a worker.",
        }),
        lines(
          "Time in the queue (p99)",
          [{ expr: quantile(0.99, "name", "workqueue_queue_duration_seconds"), legend: "{{name}}" }],
          {
            unit: "s",
            description: "One key in a hundred waits longer for a worker.",
          },
        ),
        lines("Keys that become due", [{ expr: rate("name", "workqueue_adds_total"), legend: "{{name}}" }], {
          unit: "ops",
          description: "Keys per second that have become due.",
        }),
        lines("Retries", [{ expr: rate("name", "workqueue_retries_total"), legend: "{{name}}" }], {
          unit: "ops",
          description: "Keys per second that were delayed by a backoff.",
        }),
      ],
    },
    {
      title: "API server",
      panels: [
        lines(
          "Requests",
          [{ expr: rate("method, code", "rest_client_requests_total"), legend: "{{method}} {{code}}" }],
          {
            unit: "reqps",
            description: "Requests per second to the API server by HTTP status.",
          },
        ),
        lines("Age of watches", [{ expr: by("max", "kind", "reflector_last_event_age_seconds"), legend: "{{kind}}" }], {
          unit: "s",
          description:
            "The time since the API server last sent anything about a kind; quiet watches are reopened every 30 s.",
        }),
        lines("Watches that fail", [{ expr: by("sum", "kind", "reflector_failing"), legend: "{{kind}}" }], {
          description: "Namespaces in which objects of a kind cannot be listed or watched.",
        }),
        lines("Leaders", [{ expr: by("sum", "name", "leader_election_master_status"), legend: "{{name}}" }], {
          description: "Processes that hold each lease: one at any time.",
        }),
      ],
    },
    {
      title: "Process",
      panels: [
        lines("Memory", [{ expr: of("process_resident_memory_bytes"), legend: "{{instance}}" }], {
          unit: "bytes",
          description: "Resident memory of each process.",
        }),
        lines(
          "CPU",
          [
            {
              expr: `rate(${of("process_cpu_seconds_total")}[$__rate_interval])`,
              legend: "{{instance}}",
            },
          ],
          {
            unit: "percentunit",
            description: "The share of one core that each process uses.",
          },
        ),
        lines(
          "Delay of the event loop (p99)",
          [{ expr: of("nodejs_eventloop_lag_p99_seconds"), legend: "{{instance}}" }],
          {
            unit: "s",
            description: "While the event loop is blocked, nothing else happens.",
          },
        ),
        lines("Open files", [{ expr: of("process_open_fds"), legend: "{{instance}}" }], {
          description: "Files and connections that each process has open.",
        }),
      ],
    },
  ],
};
