import { type Dashboard, uidOf } from "./dashboard.ts";
import { lines, stat, table, totals } from "./panels.ts";
import {
  BEHIND,
  CERTIFICATE_COLOURS,
  CERTIFICATE_WORDS,
  certificateOf,
  increase,
  ofHosts,
  perCertificate,
  perHost,
  quantile,
  RELEASE,
  rate,
  STATE_COLOURS,
  STATE_WORDS,
  stateOf,
} from "./queries.ts";

const READY = perHost("max", "dockerhost_ready");
const SUSPENDED = perHost("max", "dockerhost_suspended");
const EXPIRY = perHost("min", "dockerhost_certificate_expiry_timestamp_seconds");
const STATE = stateOf(READY, SUSPENDED);
const EXPIRIES = perCertificate("min", "dockerhost_certificate_expiry_timestamp_seconds");
const CERTIFICATES = certificateOf(perCertificate("max", "dockerhost_certificate_expiring"), EXPIRIES);
const FIRST_EXPIRIES = `bottomk(20, ${EXPIRIES} - time())`;
const OUTDATED = `sum by (namespace, name) (max by (namespace, name, verdict) (${ofHosts("dockerhost_containers", BEHIND)}))`;
const VERDICTS = `sum by (verdict) (max by (namespace, name, verdict) (${ofHosts("dockerhost_containers")}))`;
/** A query of the number of hosts in a state. */
const hostsIn = (state: 0 | 1 | 2) => `sum((${STATE}) == bool ${state})`;
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
        stat(
          "Ready",
          hostsIn(1),
          [
            [null, "text"],
            [1, "green"],
          ],
          { description: "Hosts whose condition Ready is True, without suspended ones." },
        ),
        stat(
          "Not ready",
          hostsIn(0),
          [
            [null, "green"],
            [1, "red"],
          ],
          {
            description: "Hosts whose condition Ready is not True, without suspended ones.",
          },
        ),
        stat("Suspended", hostsIn(2), [[null, "text"]], { description: "Hosts with spec.suspend." }),
        stat(
          "Certificates expiring",
          `sum(${perHost("max", "dockerhost_certificate_expiring")})`,
          [
            [null, "green"],
            [1, "yellow"],
          ],
          {
            description:
              "Hosts of which a certificate has expired or expires soon: whose condition CertificateExpiring is True.",
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
            description:
              "Containers for whose tag the registry has another image, including those for which it was pulled already.",
          },
        ),
      ],
    },
    {
      title: "Hosts",
      panels: [
        table(
          "All hosts",
          { namespace: "Namespace", name: "Host" },
          [
            { title: "State", expr: STATE, words: STATE_WORDS, colours: STATE_COLOURS },
            {
              title: "Certificates",
              expr: `max by (namespace, name) (${CERTIFICATES})`,
              words: CERTIFICATE_WORDS,
              colours: CERTIFICATE_COLOURS,
            },
            { title: "First certificate expires in", expr: `${EXPIRY} - time()`, unit: "s" },
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
            description: "Those that are not ready come first. The name leads to the host's dashboard.",
            sortBy: "State",
            link: HOST_LINK,
          },
        ),
        lines(
          "Hosts over time",
          [
            { expr: hostsIn(1), legend: "Ready" },
            { expr: hostsIn(0), legend: "Not ready" },
            { expr: hostsIn(2), legend: "Suspended" },
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
              title: "State",
              expr: `(${CERTIFICATES}) and on (namespace, name, certificate) ${FIRST_EXPIRIES}`,
              words: CERTIFICATE_WORDS,
              colours: CERTIFICATE_COLOURS,
            },
            { title: "Expires in", unit: "s", expr: FIRST_EXPIRIES },
          ],
          {
            description:
              "The certificates of a host's connection: the host's own (server), that of the controller (client) and the CA.",
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
        totals(
          "Updates that ended",
          { expr: increase("result", "dockerhost_container_updates_total"), legend: "{{result}}" },
          {
            description:
              "ContainerUpdates by their last phase, in the time that the dashboard shows. Empty without --updates.",
          },
        ),
        totals(
          "Mean downtime of containers",
          {
            expr: `sum(increase(dockerhost_container_update_downtime_seconds_sum{${RELEASE}}[$__range])) / (sum(increase(dockerhost_container_update_downtime_seconds_count{${RELEASE}}[$__range])) > 0)`,
            legend: "mean",
          },
          {
            unit: "s",
            description:
              "From the stop of an old container to the start of the new one, for updates that succeeded in the time that the dashboard shows.",
          },
        ),
      ],
    },
    {
      title: "Notifications",
      panels: [
        totals(
          "Changes for the webhook",
          { expr: increase("result", "dockerhost_notification_changes_total"), legend: "{{result}}" },
          {
            description:
              "Changes that the webhook of --notify got, or that were dropped, in the time that the dashboard shows. Empty without --notify.",
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
