import { z } from "zod";
import { failure, success } from "../../common/result.ts";
import { parseLabelSelector } from "../../runtime/label-selector.ts";
import { timingsProblem } from "../../runtime/leader-election/timings.ts";
import { isKubeName } from "../../runtime/object.ts";
import { parseAddress } from "../address.ts";
import { fenceFlags, tenantFlags } from "../fences.ts";
import { daemonFlags } from "./daemon-flags.ts";
import { flag } from "./flags.ts";
import { boolean, duration, list, textSchema, wholeNumber, words } from "./values.ts";

const namespace = (text: string) =>
  isKubeName(text) && text.length <= 63 && !text.includes(".")
    ? success(text)
    : failure(`"${text}" is no namespace's name: lower-case letters, digits and dashes, at most 63`);

const electionTime = (text: string, value: string) =>
  flag(duration("1ms", "1h").prefault(value), { placeholder: "<duration>", description: text });

/** The flags of `dockerhost controller`. Where Flux's controllers have one for the same, it has its name. */
export const controllerFlags = z
  .object({
    kubeconfig: flag(words.optional(), {
      placeholder: "<file>",
      description: "how the cluster is reached",
      defaultWords: "$KUBECONFIG, the pod's service account, ~/.kube/config",
    }),
    context: flag(words.optional(), { placeholder: "<name>", description: "context of the kubeconfig" }),
    watchNamespaces: flag(list(namespace).optional(), {
      placeholder: "<names>",
      isList: true,
      description: "watch these namespaces alone; comma separated, or given several times",
      defaultWords: "all",
    }),
    watchLabelSelector: flag(textSchema(parseLabelSelector).optional(), {
      placeholder: "<selector>",
      description:
        "watch the DockerHosts with these labels alone, as in `shard=1`; controllers whose selectors exclude each other share a fleet",
      defaultWords: "all",
    }),
    watchSecrets: flag(boolean.prefault("true"), {
      isSwitch: true,
      description:
        "follow changes of Secrets (names and versions alone); without, which needs no right to list them, a change is found at the host's next interval",
    }),
    watchInactivityLimit: flag(duration("1s", "1h").prefault("30s"), {
      placeholder: "<duration>",
      description: "a watch of the API server that is silent for so long is renewed",
    }),
    concurrent: flag(wholeNumber(1, 999).prefault("10"), {
      placeholder: "<number>",
      description:
        "hosts of one namespace that are worked on at once, and of all namespaces together at most twice as many; hosts that keep failing or take long have workers of their own",
    }),
    intervalJitterPercentage: flag(wholeNumber(0, 50).prefault("5"), {
      placeholder: "<percentage>",
      description:
        "by how much a host's spec.interval is longer or shorter at most, so that many do not come due together",
    }),
    minRetryDelay: flag(duration("100ms", "1h").prefault("1s"), {
      placeholder: "<duration>",
      description: "wait before the second attempt at a host that cannot be reached; it doubles with each further one",
    }),
    maxRetryDelay: flag(duration("100ms", "24h").prefault("5m"), {
      placeholder: "<duration>",
      description: "longest wait between two attempts; a shorter spec.interval bounds it, too",
    }),
    gracefulShutdownTimeout: flag(duration("0s", "1h").prefault("10s"), {
      placeholder: "<duration>",
      description: "how long the work in flight may go on after SIGTERM; what is cut off is done anew by the next",
    }),
    enableLeaderElection: flag(boolean.prefault("false"), {
      isSwitch: true,
      description: "of several controllers let one work, while the others stand by",
    }),
    leaderElectionNamespace: flag(textSchema(namespace).optional(), {
      placeholder: "<name>",
      description: "namespace of the Lease",
      defaultWords: "the pod's or the context's own",
    }),
    leaderElectionLeaseDuration: electionTime("how long nobody takes over after the leader's last renewal", "15s"),
    leaderElectionRenewDeadline: electionTime("a leader that could not renew for so long ends", "10s"),
    leaderElectionRetryPeriod: electionTime("time between two tries to take or renew the Lease", "2s"),
    leaderElectionReleaseOnCancel: flag(boolean.prefault("true"), {
      isSwitch: true,
      description: "give the Lease back at the end, so that another takes over at once",
    }),
    healthAddr: flag(textSchema(parseAddress).prefault(":9440"), {
      placeholder: "<address>",
      description: "address of /livez and /readyz: [HOST]:PORT",
    }),
    ...daemonFlags({ metricsAddr: ":8080" }),
    ...fenceFlags("controller"),
    ...tenantFlags(),
  })
  .superRefine((flags, context) => {
    if (flags.minRetryDelay > flags.maxRetryDelay)
      context.addIssue({ code: "custom", message: "--min-retry-delay must not be longer than --max-retry-delay" });
    const problem = timingsProblem({
      leaseDurationMs: flags.leaderElectionLeaseDuration,
      renewDeadlineMs: flags.leaderElectionRenewDeadline,
      retryPeriodMs: flags.leaderElectionRetryPeriod,
    });
    if (problem !== undefined) context.addIssue({ code: "custom", message: `--leader-election-*: ${problem}` });
  });

export type ControllerFlags = z.output<typeof controllerFlags>;
