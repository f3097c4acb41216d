import type { Dashboard } from "./dashboard.ts";
import { lines, type Query, stat, table } from "./panels.ts";
import { ofHost, ofHosts, ofNamespace } from "./queries.ts";

const labelValue = (label: string) => `/${label}="([^"]+)"/`;
const max = (metric: string, more = "") => `max(${ofHost(metric, more)})`;
const since = (metric: string) => `time() - ${max(metric)}`;
const EXPIRY = `min by (certificate) (${ofHost("dockerhost_certificate_expiry_timestamp_seconds")}) - time()`;
const VERDICTS = `max by (verdict) (${ofHost("dockerhost_containers")})`;
const STATES: readonly Query[] = [
  { expr: max("dockerhost_ready"), legend: "Ready" },
  { expr: max("dockerhost_suspended"), legend: "Suspended" },
];

/** One host, which the variables choose. */
export const host: Dashboard = {
  name: "host",
  title: "Docker hosts / Host",
  description: "One Docker host: its connection, certificates and containers.",
  variables: [
    {
      name: "namespace",
      label: "Namespace",
      query: `query_result(count by (namespace) (${ofHosts("dockerhost_ready")}))`,
      regex: labelValue("namespace"),
    },
    {
      name: "name",
      label: "Host",
      query: `query_result(count by (name) (${ofNamespace("dockerhost_ready")}))`,
      regex: labelValue("name"),
    },
  ],
  rows: [
    {
      title: "Now",
      panels: [
        stat(
          "State",
          max("dockerhost_ready"),
          [
            [null, "red"],
            [1, "green"],
          ],
          {
            words: { 0: "Not ready", 1: "Ready" },
            description: "Ready while the condition Ready is True. `kubectl dockerhost describe` shows why it is not.",
          },
        ),
        stat("Suspended", max("dockerhost_suspended"), [[null, "text"]], {
          words: { 0: "No", 1: "Yes" },
          description: "Yes while spec.suspend is true.",
        }),
        stat(
          "First certificate expires in",
          `min(${EXPIRY})`,
          [
            [null, "red"],
            [259_200, "yellow"],
            [1_209_600, "green"],
          ],
          {
            unit: "s",
            description: "The time until the first certificate of the connection expires.",
          },
        ),
        stat(
          "Outdated containers",
          max("dockerhost_containers", ', verdict="Outdated"'),
          [
            [null, "green"],
            [1, "blue"],
          ],
          {
            description: "Containers for whose tag the registry has another image.",
          },
        ),
        stat(
          "Since the last contact",
          since("dockerhost_connection_last_success_timestamp_seconds"),
          [[null, "text"]],
          {
            unit: "s",
            description: "The time since the controller last reached the daemon.",
          },
        ),
        stat(
          "Since the last complete check",
          since("dockerhost_update_check_last_success_timestamp_seconds"),
          [[null, "text"]],
          {
            unit: "s",
            description: "The time since the last update check without any failure.",
          },
        ),
      ],
    },
    {
      title: "Over time",
      panels: [
        lines("Ready", STATES, { description: "1 while the host is ready or suspended, otherwise 0." }),
        lines("Containers", [{ expr: VERDICTS, legend: "{{verdict}}" }], {
          description: "Containers by the verdict of the last check.",
          isStacked: true,
        }),
        lines("Time until certificates expire", [{ expr: EXPIRY, legend: "{{certificate}}" }], {
          unit: "s",
          description: "A renewal lets the line jump up.",
        }),
        lines(
          "Age of what is known",
          [
            { expr: since("dockerhost_connection_last_success_timestamp_seconds"), legend: "last contact" },
            { expr: since("dockerhost_update_check_last_success_timestamp_seconds"), legend: "last complete check" },
          ],
          { unit: "s", description: "The time since the last contact, and since the last check without any failure." },
        ),
      ],
    },
    {
      title: "Details",
      panels: [
        table(
          "Certificates",
          { certificate: "Certificate" },
          [
            {
              title: "Expires in",
              unit: "s",
              expr: EXPIRY,
              colours: [
                [null, "red"],
                [259_200, "yellow"],
                [1_209_600, "text"],
              ],
            },
          ],
          {
            width: 12,
            height: 7,
            description: "The host's certificate (server), ours (client) and the CA.",
            sortBy: "Expires in",
          },
        ),
        table("Containers", { verdict: "Verdict" }, [{ title: "Containers", expr: VERDICTS }], {
          width: 12,
          height: 7,
          description: "Containers by the verdict of the last check.",
        }),
      ],
    },
  ],
};
