/** A history of metrics and the alerts that it gives. */
export interface AlertCase {
  readonly alert: string;
  readonly when: string;
  /** The time from one value, and one evaluation, to the next; default a minute. */
  readonly every?: string;
  /** Values in promtool's notation, by series. */
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  /** The labels that distinguish the alerts that fire. */
  readonly fires: readonly Readonly<Record<string, string>>[];
  /** The values with which the rules are rendered; default none. */
  readonly rules?: RuleSet;
}

/** Values of a release that change its rules. */
export const RULE_SETS = {
  plain: {},
  sharded: {
    shards: [
      { name: "east", labelSelector: "zone=east" },
      { name: "west", labelSelector: "zone=west" },
    ],
  },
  selected: { prometheusRule: { selector: 'cluster="eu"' } },
} as const;
export type RuleSet = keyof typeof RULE_SETS;

const NAME = 'job="operator-dockerhost-operator"';
const JOB = `${NAME}, namespace="dockerhost-system"`;
const HOST = `${NAME}, operator_namespace="dockerhost-system", namespace="fleet", name="edge-7", pod="a"`;
const fleet = { namespace: "fleet", name: "edge-7" };
const DAY_S = 86_400;

const certificate = (endsInDays: number) => ({
  [`dockerhost_certificate_expiry_timestamp_seconds{${HOST}, certificate="client"}`]: `${endsInDays * DAY_S}x60`,
});

/** What the program says about it. */
const counts = (values: string, of = "client") => ({
  [`dockerhost_certificate_expiring{${HOST}, certificate="${of}"}`]: values,
});

const ready = (values: string, more = HOST) => ({ [`dockerhost_ready{${more}}`]: values });
const suspended = (values: string) => ({ [`dockerhost_suspended{${HOST}}`]: values });
const lastCheck = (values: string) => ({
  [`dockerhost_update_check_last_success_timestamp_seconds{${HOST}}`]: values,
});
const errors = (errorsPerMinute: number, runsPerMinute: number) => ({
  [`controller_runtime_reconcile_errors_total{${JOB}, controller="connection"}`]: `0+${errorsPerMinute}x60`,
  [`controller_runtime_reconcile_total{${JOB}, controller="connection", result="error"}`]: `0+${errorsPerMinute}x60`,
  [`controller_runtime_reconcile_total{${JOB}, controller="connection", result="success"}`]: `0+${runsPerMinute - errorsPerMinute}x60`,
});
const queue = (within10s: number, all: number) => {
  const series = (le: string) =>
    `workqueue_queue_duration_seconds_bucket{${JOB}, name="updates", controller="updates", le="${le}"}`;
  return { [series("10")]: `0+${within10s}x60`, [series("60")]: `0+${all}x60`, [series("+Inf")]: `0+${all}x60` };
};
const longest = (seconds: number) => ({
  [`workqueue_longest_running_processor_seconds{${JOB}, name="updates", controller="updates"}`]: `${seconds}x60`,
});
const leader = (a: string, b: string) => ({
  [`leader_election_master_status{${JOB}, name="dockerhost-operator", pod="a"}`]: a,
  [`leader_election_master_status{${JOB}, name="dockerhost-operator", pod="b"}`]: b,
});
const watch = (values: string) => ({ [`reflector_last_event_age_seconds{${JOB}, kind="Secret", pod="a"}`]: values });
const CONTAINER =
  'namespace="dockerhost-system", container="controller", pod="operator-dockerhost-operator-7d9c5-x2b4f"';
const memory = (used: number, limit: number) => ({
  [`container_memory_working_set_bytes{${CONTAINER}}`]: `${used}x60`,
  [`container_spec_memory_limit_bytes{${CONTAINER}}`]: `${limit}x60`,
});
const failingWatch = (namespace: string, values: string) => ({
  [`reflector_failing{${JOB}, kind="DockerHost", watched_namespace="${namespace}", pod="a"}`]: values,
  [`reflector_failing{${JOB}, kind="DockerHost", watched_namespace="xx", pod="a"}`]: "0x60",
});
const ended = (values: string, result: string) => ({
  [`dockerhost_container_updates_total{${JOB}, result="${result}"}`]: values,
});
const undelivered = (values: string, pod = "a") => ({
  [`dockerhost_notification_failing{${JOB}, pod="${pod}"}`]: values,
});
const dropped = (values: string) => ({
  [`dockerhost_notification_changes_total{${JOB}, result="dropped"}`]: values,
});
const registry = (values: string, code: string) => ({
  [`dockerhost_registry_requests_total{${JOB}, registry="docker.io", code="${code}"}`]: values,
});
const up = (values: string) => ({ [`up{${JOB}, pod="a"}`]: values });

export const of = (alert: string) => ({
  fires: (
    when: string,
    at: string,
    series: AlertCase["series"],
    labels: Readonly<Record<string, string>>,
  ): AlertCase => ({
    alert,
    when,
    series,
    at,
    fires: [labels],
  }),
  quiet: (when: string, at: string, series: AlertCase["series"]): AlertCase => ({ alert, when, series, at, fires: [] }),
});

const notReady = of("DockerHostNotReady");
const expiring = of("DockerHostCertificateExpiringSoon");
const stale = of("DockerHostUpdateCheckStale");
const limited = of("DockerHostRegistryRateLimited");
const rolledBack = of("DockerHostContainerUpdateFailed");
const unheard = of("DockerHostNotificationsFailing");
const down = of("DockerHostOperatorDown");
const noLeader = of("DockerHostOperatorNoLeader");
const failing = of("DockerHostOperatorReconcileErrorsHigh");
const slow = of("DockerHostOperatorQueueLatencyHigh");
const stuck = of("DockerHostOperatorReconcileStuck");
const deaf = of("DockerHostOperatorWatchStale");
const fat = of("DockerHostOperatorMemoryNearLimit");

const unclaimed = of("DockerHostUnclaimed");
const unwatched = of("DockerHostOperatorNamespaceNotWatched");

const warning = { severity: "warning" };
const critical = { severity: "critical" };

export const ALERT_CASES: readonly AlertCase[] = [
  notReady.fires("down for 16 minutes", "16m", ready("0x60"), { ...warning, ...fleet }),
  notReady.fires(
    "down while the leader moves to another pod",
    "20m",
    {
      ...ready("0x10 _x60"),
      ...ready("_x10 0x60", HOST.replace('pod="a"', 'pod="b"')),
    },
    { ...warning, ...fleet },
  ),
  notReady.quiet("down for 10 minutes", "10m", ready("0x60")),
  notReady.quiet("up again after 10 minutes", "20m", ready("0x10 1x60")),
  notReady.quiet("suspended", "30m", { ...ready("0x60"), ...suspended("1x60") }),
  expiring.fires("in 10 days", "15m", certificate(10), { ...warning, ...fleet, certificate: "client" }),
  expiring.fires("in 2 days", "15m", certificate(2), { ...critical, ...fleet, certificate: "client" }),
  expiring.fires("ended", "30m", certificate(0.001), { ...critical, ...fleet, certificate: "client" }),
  expiring.quiet("in 10 days, of a month", "15m", { ...certificate(10), ...counts("0x60") }),
  expiring.quiet("in half a day, of a day", "15m", { ...certificate(0.5), ...counts("0x60") }),
  expiring.fires(
    "in 2 days, of a month, while another one is current",
    "15m",
    { ...certificate(2), ...counts("1x60"), ...counts("0x60", "ca") },
    { ...critical, ...fleet, certificate: "client" },
  ),
  expiring.fires(
    "in 10 days, of a year",
    "15m",
    { ...certificate(10), ...counts("1x60") },
    { ...warning, ...fleet, certificate: "client" },
  ),
  expiring.quiet("in 20 days", "15m", certificate(20)),
  { ...stale.fires("never again since the epoch", "75h", lastCheck("0x80"), { ...warning, ...fleet }), every: "1h" },
  { ...stale.quiet("a day ago", "24h", lastCheck("0x80")), every: "1h" },
  { ...stale.quiet("suspended", "75h", { ...lastCheck("0x80"), ...suspended("1x80") }), every: "1h" },
  unclaimed.fires("seen by a standby", "15m", { [`dockerhost_unclaimed{${HOST}}`]: "1x60" }, { ...warning, ...fleet }),
  unclaimed.quiet("processed after five minutes", "15m", { [`dockerhost_unclaimed{${HOST}}`]: "1x5 _x60" }),
  unwatched.fires("forbidden for ten minutes", "10m", failingWatch("yy", "1x60"), {
    ...warning,
    watched_namespace: "yy",
  }),
  unwatched.quiet("allowed again", "10m", failingWatch("yy", "1x3 0x60")),
  limited.fires("for an hour", "60m", registry("0+5x60", "429"), { ...warning, registry: "docker.io" }),
  limited.quiet("once", "60m", registry("0 1x60", "429")),
  limited.quiet("only other answers", "60m", registry("0+5x60", "200")),
  rolledBack.fires("one rollback", "10m", ended("0x5 1x60", "RolledBack"), { ...warning }),
  rolledBack.fires("one failure", "10m", ended("0x5 1x60", "Failed"), { ...warning }),
  rolledBack.quiet("successes", "10m", ended("0+1x60", "Succeeded")),
  rolledBack.quiet("two hours after it", "130m", ended("0x5 1x200", "RolledBack")),
  unheard.fires("a webhook that does not answer", "16m", undelivered("1x60"), { ...warning }),
  unheard.fires(
    "another leader that cannot deliver either",
    "25m",
    { ...undelivered("1x10 _x60"), ...undelivered("_x10 1x60", "b") },
    { ...warning },
  ),
  unheard.fires("changes that were dropped", "25m", { ...undelivered("0x60"), ...dropped("0x5 3x60") }, { ...warning }),
  unheard.quiet("a webhook that was away for ten minutes", "30m", undelivered("0x5 1x10 0x60")),
  unheard.quiet("a drop two hours ago", "130m", dropped("0x5 3x200")),
  unheard.quiet("messages that are delivered", "60m", { ...undelivered("0x60"), ...dropped("0x60") }),
  down.fires("no target", "6m", {}, { ...critical }),
  down.fires("a target that cannot be scraped", "6m", up("0x60"), { ...critical }),
  down.quiet("one of two replicas", "6m", { ...up("1x60"), ...{ [`up{${JOB}, pod="b"}`]: "0x60" } }),
  noLeader.fires("none", "3m", leader("0x60", "0x60"), { ...critical, name: "dockerhost-operator" }),
  noLeader.fires("two", "3m", leader("1x60", "1x60"), { ...critical, name: "dockerhost-operator" }),
  noLeader.quiet("one", "10m", leader("1x60", "0x60")),
  noLeader.quiet("handed over within a minute", "10m", leader("1x4 0x60", "0x5 1x60")),
  failing.fires("half of the runs", "25m", errors(5, 10), { ...warning, controller: "connection" }),
  failing.quiet("one run in ten", "25m", errors(1, 10)),
  slow.fires("a tenth of the keys", "20m", queue(90, 100), { ...warning, name: "updates" }),
  slow.quiet("one key in a thousand", "20m", queue(999, 1000)),
  stuck.fires("half an hour", "10m", longest(1800), { ...warning, name: "updates" }),
  stuck.quiet("ten minutes", "10m", longest(600)),
  deaf.fires("nothing for minutes", "12m", watch("0+60x60"), { ...warning, kind: "Secret", pod: "a" }),
  deaf.quiet("bookmarks each minute", "12m", watch("60x60")),
  fat.fires("95 %", "12m", memory(95, 100), { ...warning, pod: "operator-dockerhost-operator-7d9c5-x2b4f" }),
  fat.quiet("half", "12m", memory(50, 100)),
  fat.quiet("without a limit", "12m", memory(95, 0)),
];
