import { type AlertCase, of } from "./alert-cases.ts";

/** Labels of a target. */
type Labels = Readonly<Record<string, string>>;
type Series = AlertCase["series"];

const series = (metric: string, labels: Labels, values: string): Series => ({
  [`${metric}{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ")}}`]: values,
});
const all = (...parts: readonly Series[]): Series => Object.assign({}, ...parts);

/** As Prometheus labels a target of the ServiceMonitor of a release. */
const target = (namespace: string, job = "operator-dockerhost-operator"): Labels => ({
  job,
  namespace,
  operator_namespace: namespace,
  pod: `${job}-7d9c5-x2b4f`,
});
const ours = target("dockerhost-system");
const elsewhere = target("team-b");
const besides = target("dockerhost-system", "second-dockerhost-operator");
const others: readonly (readonly [string, Labels])[] = [
  ["of the same name in another namespace", elsewhere],
  ["of another name in the same namespace", besides],
];

/** The labels of a host: kept with honorLabels, else the namespace is renamed. */
const kept = (from: Labels, namespace: string, name = "edge-7"): Labels => ({ ...from, namespace, name });
const renamed = (from: Labels, exported_namespace: string, name = "edge-7"): Labels => ({
  ...from,
  exported_namespace,
  name,
});
const modes = [
  ["honorLabels", kept, { namespace: "fleet", name: "edge-7" }],
  ["renamed labels", renamed, { exported_namespace: "fleet", name: "edge-7" }],
] as const;

const warning = { severity: "warning" };
const critical = { severity: "critical" };
const release = { operator: "operator-dockerhost-operator", operator_namespace: "dockerhost-system" };
const LEASE = "operator-dockerhost-operator";
const leads = (from: Labels, values: string, name = LEASE) =>
  series("leader_election_master_status", { ...from, name }, values);
const up = (from: Labels, values: string) => series("up", from, values);

const HOST_TROUBLE: readonly (readonly [alert: string, metric: string, bad: string, labels: Labels, at: string])[] = [
  ["DockerHostNotReady", "dockerhost_ready", "0x60", warning, "20m"],
  [
    "DockerHostCertificateExpiringSoon",
    "dockerhost_certificate_expiry_timestamp_seconds",
    `${86_400 * 10}x60`,
    warning,
    "20m",
  ],
  ["DockerHostUnclaimed", "dockerhost_unclaimed", "1x60", warning, "20m"],
  [
    "DockerHostUpdateCheckStale",
    "dockerhost_update_check_last_success_timestamp_seconds",
    `${-86_400 * 9}x60`,
    warning,
    "20m",
  ],
];
const WELL: Readonly<Record<string, string>> = {
  DockerHostNotReady: "1x60",
  DockerHostCertificateExpiringSoon: `${86_400 * 99}x60`,
  DockerHostUnclaimed: "0x60",
  DockerHostUpdateCheckStale: "0x60",
};

const hostCases = modes.flatMap(([mode, label, fired]) =>
  HOST_TROUBLE.flatMap(([alert, metric, bad, severity, at]): AlertCase[] => [
    of(alert).fires(
      `a namesake in another namespace is well, ${mode}`,
      at,
      all(series(metric, label(ours, "fleet"), bad), series(metric, label(ours, "lab"), WELL[alert] ?? "")),
      { ...severity, ...fired, ...release },
    ),
    ...others.map(([which, other]) =>
      of(alert).quiet(
        `only a host of a release ${which}, ${mode}`,
        at,
        all(series(metric, label(ours, "fleet"), WELL[alert] ?? ""), series(metric, label(other, "lab"), bad)),
      ),
    ),
  ]),
);

const suspendedCases = modes.map(([mode, label, fired]) =>
  of("DockerHostNotReady").fires(
    `only a namesake is suspended, ${mode}`,
    "20m",
    all(
      series("dockerhost_ready", label(ours, "fleet"), "0x60"),
      series("dockerhost_suspended", label(ours, "lab"), "1x60"),
    ),
    { ...warning, ...fired },
  ),
);

/** For each alert about a release itself, the series that fire it. */
const OPERATOR_TROUBLE: readonly (readonly [alert: string, trouble: (from: Labels) => Series])[] = [
  [
    "DockerHostRegistryRateLimited",
    (from) => series("dockerhost_registry_requests_total", { ...from, registry: "docker.io", code: "429" }, "0+5x90"),
  ],
  [
    "DockerHostOperatorNamespaceNotWatched",
    (from) => series("reflector_failing", { ...from, kind: "DockerHost", watched_namespace: "xx" }, "1x90"),
  ],
  [
    "DockerHostOperatorReconcileErrorsHigh",
    (from) =>
      all(
        series("controller_runtime_reconcile_errors_total", { ...from, controller: "updates" }, "0+5x90"),
        series("controller_runtime_reconcile_total", { ...from, controller: "updates", result: "error" }, "0+5x90"),
      ),
  ],
  [
    "DockerHostOperatorQueueLatencyHigh",
    (from) =>
      all(
        ...["60", "+Inf"].map((le) =>
          series("workqueue_queue_duration_seconds_bucket", { ...from, name: "updates", le }, "0+9x90"),
        ),
        series("workqueue_queue_duration_seconds_bucket", { ...from, name: "updates", le: "10" }, "0x90"),
      ),
  ],
  [
    "DockerHostOperatorReconcileStuck",
    (from) => series("workqueue_longest_running_processor_seconds", { ...from, name: "updates" }, "9000x90"),
  ],
  [
    "DockerHostOperatorWatchStale",
    (from) => series("reflector_last_event_age_seconds", { ...from, kind: "Secret" }, "9000x90"),
  ],
  [
    "DockerHostOperatorMemoryNearLimit",
    (from) =>
      all(
        series("container_memory_working_set_bytes", { ...from, container: "controller" }, "95x90"),
        series("container_spec_memory_limit_bytes", { ...from, container: "controller" }, "100x90"),
      ),
  ],
];

const operatorCases = OPERATOR_TROUBLE.flatMap(([alert, trouble]): AlertCase[] => [
  of(alert).fires("of this release, which it names", "80m", trouble(ours), { ...warning, ...release }),
  ...others.map(([which, other]) => of(alert).quiet(`only of a release ${which}`, "80m", trouble(other))),
]);

const leaderCases = others.flatMap(([which, other]): AlertCase[] => [
  of("DockerHostOperatorNoLeader").quiet(
    `beside a healthy release ${which}`,
    "30m",
    all(leads(ours, "1x60"), leads(other, "1x60")),
  ),
  of("DockerHostOperatorNoLeader").fires(
    `a release ${which} has one`,
    "30m",
    all(leads(ours, "0x60"), leads(other, "1x60")),
    { ...critical, ...release, name: LEASE },
  ),
  of("DockerHostOperatorDown").fires(`a release ${which} is up`, "30m", all(up(ours, "0x60"), up(other, "1x60")), {
    ...critical,
    ...release,
  }),
  of("DockerHostOperatorDown").quiet(
    `only a release ${which} is down`,
    "30m",
    all(up(ours, "1x60"), up(other, "0x60")),
  ),
]);

const [east, west] = [`${LEASE}-5f6eff0e38`, `${LEASE}-fc46244622`];
const sharded = (each: AlertCase): AlertCase => ({ ...each, rules: "sharded" });
const shardCases: readonly AlertCase[] = [
  sharded(
    of("DockerHostOperatorNoLeader").fires(
      "all pods of one of two shards are gone",
      "30m",
      all(leads(ours, "1x60", west), leads({ ...ours, pod: "b" }, "0x60", west)),
      { ...critical, name: east },
    ),
  ),
];

const selected = (each: AlertCase): AlertCase => ({ ...each, rules: "selected" });
const eu = { job: "pods", cluster: "eu" };
const selectedCases: readonly AlertCase[] = [
  selected(of("DockerHostOperatorDown").quiet("the targets have labels of their own", "30m", up(eu, "1x60"))),
  selected(
    of("DockerHostOperatorDown").fires(
      "only targets that are not selected",
      "30m",
      up({ ...eu, cluster: "us" }, "1x60"),
      {
        ...critical,
        ...release,
      },
    ),
  ),
  selected(
    of("DockerHostNotReady").fires(
      "the targets have labels of their own",
      "30m",
      series("dockerhost_ready", kept(eu, "fleet"), "0x60"),
      { ...warning, namespace: "fleet", name: "edge-7" },
    ),
  ),
];

/** Two releases that one Prometheus scrapes, and labels that an administrator's Prometheus renames. */
export const RELEASE_ALERT_CASES: readonly AlertCase[] = [
  ...hostCases,
  ...suspendedCases,
  ...operatorCases,
  ...leaderCases,
  ...shardCases,
  ...selectedCases,
];
