import * as z from "zod";
import { failure, success } from "../../common/result.ts";
import { isKubeName } from "../../runtime/kube-object.ts";
import { parseLabelSelector } from "../../runtime/label-selector.ts";
import { timingsProblem } from "../../runtime/leader-election/timings.ts";
import { policyFlags, tenantFlags } from "../connection-policy.ts";
import { parseAddress } from "../listen-address.ts";
import { daemonFlags } from "./daemon-flags.ts";
import { flag } from "./flags.ts";
import { notifyFlags } from "./notify-flags.ts";
import { pageFlags, pageProblem } from "./page-flags.ts";
import { boolean, duration, list, textSchema, wholeNumber, words } from "./values.ts";

const namespace = (text: string) =>
  isKubeName(text) && text.length <= 63 && !text.includes(".")
    ? success(text)
    : failure(`"${text}" is not a valid namespace name: use at most 63 lower-case letters, digits and dashes`);

const leaseName = (text: string) =>
  isKubeName(text)
    ? success(text)
    : failure(`"${text}" is not a valid name of a Lease: use lower-case letters, digits, dots and dashes`);

const electionTime = (text: string, value: string) =>
  flag(duration("1ms", "1h").prefault(value), { placeholder: "<duration>", description: text });

/** The flags of `dockerhost controller`. A flag that Flux's controllers also have has the same name here. */
export const controllerFlags = z
  .object({
    kubeconfig: flag(words.optional(), {
      placeholder: "<file>",
      description: "kubeconfig of the cluster",
      defaultWords: "$KUBECONFIG, the pod's service account, ~/.kube/config",
    }),
    context: flag(words.optional(), { placeholder: "<name>", description: "context of the kubeconfig to use" }),
    watchNamespaces: flag(list(namespace).optional(), {
      placeholder: "<names>",
      isList: true,
      description: "watch only these namespaces; separate them with commas, or repeat the flag",
      defaultWords: "all",
    }),
    watchLabelSelector: flag(textSchema(parseLabelSelector).optional(), {
      placeholder: "<selector>",
      description:
        "watch only the DockerHosts with these labels, as in `shard=1`; controllers whose selectors exclude each other can share a fleet",
      defaultWords: "all",
    }),
    watchSecrets: flag(boolean.prefault("true"), {
      isSwitch: true,
      description:
        "watch Secrets for changes (only their names and versions); if false, no permission to list Secrets is needed, and a change is found at the host's next interval",
    }),
    watchInactivityLimit: flag(duration("1s", "1h").prefault("30s"), {
      placeholder: "<duration>",
      description: "how long a watch of the API server may be silent before it is restarted",
    }),
    concurrent: flag(wholeNumber(1, 999).prefault("10"), {
      placeholder: "<number>",
      description:
        "how many hosts of one namespace are processed in parallel; all namespaces together get at most twice as many; hosts that keep failing or are slow have separate workers",
    }),
    intervalJitterPercentage: flag(wholeNumber(0, 50).prefault("5"), {
      placeholder: "<percentage>",
      description:
        "how far each host's interval may randomly deviate from spec.interval, so that many hosts do not become due together",
    }),
    minRetryDelay: flag(duration("100ms", "1h").prefault("1s"), {
      placeholder: "<duration>",
      description: "delay before a host that cannot be reached is tried again; it doubles with each further attempt",
    }),
    maxRetryDelay: flag(duration("100ms", "24h").prefault("5m"), {
      placeholder: "<duration>",
      description: "longest delay between two attempts; a shorter spec.interval also limits it",
    }),
    gracefulShutdownTimeout: flag(duration("0s", "1h").prefault("10s"), {
      placeholder: "<duration>",
      description:
        "how long work in progress may continue after SIGTERM; work that is cut off is repeated by the next controller",
    }),
    updates: flag(boolean.prefault("false"), {
      isSwitch: true,
      description:
        "carry out ContainerUpdates, which replace containers on hosts whose spec.allowUpdates is true; otherwise, no host is ever changed",
    }),
    enableLeaderElection: flag(boolean.prefault("false"), {
      isSwitch: true,
      description: "let only one of several controllers work while the others stand by",
    }),
    leaderElectionName: flag(textSchema(leaseName).optional(), {
      placeholder: "<name>",
      description:
        "name of the Lease; controllers that process different hosts in one namespace each need a name of their own",
      defaultWords: "dockerhost-operator, followed by a hash if there is a label selector",
    }),
    leaderElectionFormerName: flag(textSchema(leaseName).optional(), {
      placeholder: "<name>",
      description:
        "name that the Lease had before an upgrade; if such a Lease exists in the pod's namespace, the leader holds both, so that an old and a new pod never lead together",
      defaultWords: "none",
    }),
    leaderElectionNamespace: flag(textSchema(namespace).optional(), {
      placeholder: "<name>",
      description: "namespace of the Lease",
      defaultWords: "the namespace of the pod or of the kubeconfig's context",
    }),
    leaderElectionLeaseDuration: electionTime(
      "how long the other controllers wait after the leader's last renewal before one takes over",
      "15s",
    ),
    leaderElectionRenewDeadline: electionTime("how long the leader tries to renew the Lease before it exits", "10s"),
    leaderElectionRetryPeriod: electionTime("time between two attempts to acquire or renew the Lease", "2s"),
    leaderElectionReleaseOnCancel: flag(boolean.prefault("true"), {
      isSwitch: true,
      description: "release the Lease on shutdown, so that another controller takes over immediately",
    }),
    healthAddr: flag(textSchema(parseAddress).prefault(":9440"), {
      placeholder: "<address>",
      description: "address that serves /livez and /readyz: [HOST]:PORT",
    }),
    ...pageFlags(),
    ...notifyFlags(),
    ...daemonFlags({ metricsAddr: ":8080" }),
    metricsSecure: flag(boolean.prefault("false"), {
      isSwitch: true,
      description:
        "serve /metrics only over TLS, and only to clients with a bearer token of the cluster that may `get` the URL /metrics",
    }),
    metricsCertPath: flag(words.optional(), {
      placeholder: "<folder>",
      description:
        "folder with tls.crt and tls.key for --metrics-secure; changed files are used within a minute, without a restart",
      defaultWords: "a self-signed certificate",
    }),
    ...policyFlags("controller"),
    ...tenantFlags(),
  })
  .superRefine((flags, context) => {
    if (flags.minRetryDelay > flags.maxRetryDelay)
      context.addIssue({ code: "custom", message: "--min-retry-delay must not be longer than --max-retry-delay" });
    if (flags.metricsCertPath !== undefined && !flags.metricsSecure)
      context.addIssue({ code: "custom", message: "--metrics-cert-path needs --metrics-secure" });
    const page = pageProblem(flags);
    if (page !== undefined) context.addIssue({ code: "custom", message: page });
    const problem = timingsProblem({
      leaseDurationMs: flags.leaderElectionLeaseDuration,
      renewDeadlineMs: flags.leaderElectionRenewDeadline,
      retryPeriodMs: flags.leaderElectionRetryPeriod,
    });
    if (problem !== undefined) context.addIssue({ code: "custom", message: `--leader-election-*: ${problem}` });
  });

export type ControllerFlags = z.output<typeof controllerFlags>;
