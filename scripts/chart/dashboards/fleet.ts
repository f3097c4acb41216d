import { type Dashboard, uidOf } from "./dashboard.ts";
import { lines, stat, table } from "./panels.ts";
import { increase, ofHosts, perHost, quantile, RELEASE, rate } from "./queries.ts";

const READY = perHost("max", "dockerhost_ready");
const SUSPENDED = perHost("max", "dockerhost_suspended");
const EXPIRY = perHost("min", "dockerhost_certificate_expiry_timestamp_seconds");
const OUTDATED = perHost("max", "dockerhost_containers", ', verdict="Outdated"');
const VERDICTS = `sum by (verdict) (max by (namespace, name, verdict) (${ofHosts("dockerhost_containers")}))`;
const NOT_READY = `(${READY} == bool 0) * on (namespace, name) (${SUSPENDED} == bool 0)`;
const HOST_LINK = `/d/${uidOf("host")}?var-namespace=\${__data.fields.Namespace}&var-name=\${__data.fields.Host}&\${datasource:queryparam}&\${job:queryparam}&\${operator:queryparam}`;

/** The state of all hosts, as far as metrics know it. */
export const fleet: Dashboard = {
  name: "fleet",
  title: "Docker hosts / Fleet",
  description: "Which hosts are ready, which certificate expires next, and which containers are outdated.",
  variables: [],
  rows: [
    {
      title: "Now",
      panels: [
        stat("Hosts", `count(${READY})`, [[null, "text"]], { description: "All DockerHosts." }),
        stat("Ready", `sum(${READY})`, [[null, "green"]], { description: "Hosts whose condition Ready is True." }),
        stat(
          "Not ready",
          `sum(${NOT_READY})`,
          [
            [null, "green"],
            [1, "red"],
          ],
          {
            description: "Hosts whose condition Ready is not True, without suspended ones.",
          },
        ),
        stat("Suspended", `sum(${SUSPENDED})`, [[null, "text"]], { description: "Hosts with spec.suspend." }),
        stat(
          "First certificate expires in",
          `min(${EXPIRY}) - time()`,
          [
            [null, "red"],
            [259_200, "yellow"],
            [1_209_600, "green"],
          ],
          {
            unit: "s",
            description: "The time until the first certificate of any host expires.",
          },
        ),
        stat(
          "Outdated containers",
          `sum(${OUTDATED})`,
          [
            [null, "green"],
            [1, "blue"],
          ],
          {
            description: "Containers for whose tag the registry has another image.",
          },
        ),
      ],
    },
    {
      title: "Hosts",
      panels: [
        table(
          "Hosts",
          { namespace: "Namespace", name: "Host" },
          [
            {
              title: "State",
              expr: READY,
              words: { 0: "Not ready", 1: "Ready" },
              colours: [
                [null, "red"],
                [1, "green"],
              ],
            },
            { title: "Suspended", expr: SUSPENDED, words: { 0: "No", 1: "Yes" } },
            {
              title: "First certificate expires in",
              expr: `${EXPIRY} - time()`,
              unit: "s",
              colours: [
                [null, "red"],
                [259_200, "yellow"],
                [1_209_600, "text"],
              ],
            },
            {
              title: "Outdated",
              expr: OUTDATED,
              colours: [
                [null, "text"],
                [1, "blue"],
              ],
            },
            {
              title: "Since the last contact",
              expr: `time() - ${perHost("max", "dockerhost_connection_last_success_timestamp_seconds")}`,
              unit: "s",
            },
            {
              title: "Since the last complete check",
              expr: `time() - ${perHost("max", "dockerhost_update_check_last_success_timestamp_seconds")}`,
              unit: "s",
            },
          ],
          {
            description: "All hosts; those that are not ready come first. The name leads to the host's dashboard.",
            sortBy: "State",
            link: HOST_LINK,
          },
        ),
        lines(
          "Hosts over time",
          [
            { expr: `sum(${READY})`, legend: "Ready" },
            { expr: `sum(${NOT_READY})`, legend: "Not ready" },
            { expr: `sum(${SUSPENDED})`, legend: "Suspended" },
          ],
          { description: "Hosts by their state.", isStacked: true },
        ),
        lines("Containers over time", [{ expr: VERDICTS, legend: "{{verdict}}" }], {
          description: "Containers by the verdict of the last check of their host.",
          isStacked: true,
        }),
      ],
    },
    {
      title: "Certificates",
      panels: [
        table(
          "The 20 certificates that expire first",
          { namespace: "Namespace", name: "Host", certificate: "Certificate" },
          [
            {
              title: "Expires in",
              unit: "s",
              expr: `bottomk(20, min by (namespace, name, certificate) (${ofHosts("dockerhost_certificate_expiry_timestamp_seconds")}) - time())`,
              colours: [
                [null, "red"],
                [259_200, "yellow"],
                [1_209_600, "text"],
              ],
            },
          ],
          {
            description: "The host's certificate (server), ours (client) and the CA.",
            sortBy: "Expires in",
            link: HOST_LINK,
          },
        ),
      ],
    },
    {
      title: "Connections and checks",
      panels: [
        lines(
          "Connection passes",
          [{ expr: rate("reason", "dockerhost_connection_attempts_total"), legend: "{{reason}}" }],
          {
            unit: "ops",
            description: "Passes per second, by the reason of Ready that they resulted in.",
          },
        ),
        lines(
          "Duration of connection passes",
          [
            { expr: quantile(0.5, "", "dockerhost_connection_duration_seconds"), legend: "p50" },
            { expr: quantile(0.99, "", "dockerhost_connection_duration_seconds"), legend: "p99" },
          ],
          { unit: "s", description: "Resolve, dial, handshake, ping and version." },
        ),
        lines("Update checks", [{ expr: rate("reason", "dockerhost_update_checks_total"), legend: "{{reason}}" }], {
          unit: "ops",
          description: "Checks per second, by the reason of UpdateCheckSucceeded that they resulted in.",
        }),
        lines(
          "Duration of update checks",
          [
            { expr: quantile(0.5, "", "dockerhost_update_check_duration_seconds"), legend: "p50" },
            { expr: quantile(0.99, "", "dockerhost_update_check_duration_seconds"), legend: "p99" },
          ],
          { unit: "s", description: "Including the time spent waiting for registries." },
        ),
      ],
    },
    {
      title: "Registries",
      panels: [
        lines(
          "Requests to registries",
          [{ expr: rate("registry, code", "dockerhost_registry_requests_total"), legend: "{{registry}} {{code}}" }],
          {
            unit: "reqps",
            description: "Requests for manifests by HTTP status.",
          },
        ),
        lines(
          "Requests left",
          [
            {
              expr: `min by (registry) (dockerhost_registry_rate_limit_remaining{${RELEASE}})`,
              legend: "{{registry}}",
            },
          ],
          {
            description: "Requests that a registry still allows, as it last reported, for the account with the fewest.",
          },
        ),
      ],
    },
    {
      title: "Updates of containers",
      panels: [
        lines(
          "Updates that ended",
          [{ expr: increase("result", "dockerhost_container_updates_total"), legend: "{{result}}" }],
          {
            description:
              "ContainerUpdates by their last phase, in the time that the dashboard shows. Empty without --updates.",
          },
        ),
        lines(
          "Downtime of containers",
          [
            {
              expr: `sum(increase(dockerhost_container_update_downtime_seconds_sum{${RELEASE}}[$__range])) / (sum(increase(dockerhost_container_update_downtime_seconds_count{${RELEASE}}[$__range])) > 0)`,
              legend: "mean",
            },
          ],
          {
            unit: "s",
            description: "From the stop of an old container to the start of the new one, for updates that succeeded.",
          },
        ),
      ],
    },
    {
      title: "Notifications",
      panels: [
        lines(
          "Changes for the webhook",
          [{ expr: increase("result", "dockerhost_notification_changes_total"), legend: "{{result}}" }],
          {
            description:
              "Changes that the webhook of --notify got or that were dropped, in the time that the dashboard shows. Empty without --notify.",
          },
        ),
        lines(
          "Objects whose changes wait",
          [{ expr: `sum(dockerhost_notification_waiting_objects{${RELEASE}})`, legend: "waiting" }],
          {
            description: "Hosts and ContainerUpdates with changes that the webhook of --notify has not got yet.",
          },
        ),
      ],
    },
  ],
};
