import type { Dashboard } from "./dashboard.ts";
import { lines, type Query, stat, table } from "./panels.ts";
import {
  BEHIND,
  CERTIFICATE_COLOURS,
  CERTIFICATE_WORDS,
  certificateOf,
  ofHost,
  ofHosts,
  ofNamespace,
  STATE_COLOURS,
  STATE_WORDS,
  stateOf,
} from "./queries.ts";

const labelValue = (label: string) => `/${label}="([^"]+)"/`;
const max = (metric: string, more = "") => `max(${ofHost(metric, more)})`;
const since = (metric: string) => `time() - ${max(metric)}`;
const STATE = stateOf(max("dockerhost_ready"), max("dockerhost_suspended"));
const EXPIRY = `min by (certificate) (${ofHost("dockerhost_certificate_expiry_timestamp_seconds")})`;
const TIME_LEFT = `${EXPIRY} - time()`;
const CERTIFICATES = certificateOf(`max by (certificate) (${ofHost("dockerhost_certificate_expiring")})`, EXPIRY);
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
        stat("State", STATE, STATE_COLOURS, {
          words: STATE_WORDS,
          description: "Ready while the condition Ready is True. `kubectl dockerhost describe` shows why it is not.",
        }),
        stat("Certificates", `max(${CERTIFICATES})`, CERTIFICATE_COLOURS, {
          words: CERTIFICATE_WORDS,
          description: "Whether one of the connection's certificates counts as expiring, as in CertificateExpiring.",
        }),
        stat("First certificate expires in", `min(${TIME_LEFT})`, [[null, "text"]], {
          unit: "s",
          description: "The time until the first certificate of the connection expires.",
        }),
        stat(
          "Outdated containers",
          `sum(max by (verdict) (${ofHost("dockerhost_containers", BEHIND)}))`,
          [
            [null, "green"],
            [1, "blue"],
          ],
          {
            description:
              "Containers for whose tag the registry has another image, including those for which it was pulled already.",
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
        lines("Time until certificates expire", [{ expr: TIME_LEFT, legend: "{{certificate}}" }], {
          unit: "s",
          description: "The line jumps up when a certificate is renewed, and is below 0 when it has expired.",
          canBeNegative: true,
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
            { title: "State", expr: CERTIFICATES, words: CERTIFICATE_WORDS, colours: CERTIFICATE_COLOURS },
            { title: "Expires in", unit: "s", expr: TIME_LEFT },
          ],
          {
            width: 12,
            height: 7,
            description: "The host's own certificate (server), that of the controller (client) and the CA.",
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
