import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../common/duration.ts";
import type { KubeconfigOverrides } from "../../runtime/kubeconfig/overrides.ts";
import { parseLabelSelector } from "../../runtime/label-selector.ts";

/** kubectl's own flags, with the same meaning. */
export interface ClusterFlags extends KubeconfigOverrides {
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  /** Labels of the hosts. */
  readonly selector?: string;
  /** Milliseconds; infinite if there is no limit. */
  readonly requestTimeout?: number;
}

const HELP_GROUP = "Options of kubectl:";

/** Adds kubectl's own flags. `all` also adds those that select hosts, for a command that handles several. */
export function withCluster(command: Command, all?: "all"): Command {
  const options = [
    new Option("-n, --namespace <name>", "namespace (default that of the context)"),
    ...(all === undefined
      ? []
      : [
          new Option("-A, --all-namespaces", "all namespaces"),
          new Option("-l, --selector <labels>", "only hosts with these labels, such as site=berlin").argParser(
            parseSelector,
          ),
        ]),
  ];
  for (const option of options) command.addOption(option);
  for (const option of clusterOptions()) command.addOption(option.helpGroup(HELP_GROUP));
  return command;
}

function clusterOptions(): readonly Option[] {
  return [
    new Option("--kubeconfig <file>", "kubeconfig of the cluster (default as for kubectl)"),
    new Option("--context <name>", "context of the kubeconfig to use"),
    new Option("--cluster <name>", "cluster of the kubeconfig to use"),
    new Option("--user <name>", "user of the kubeconfig to use"),
    new Option("-s, --server <url>", "address of the API server"),
    new Option("--tls-server-name <name>", "name to verify in the server's certificate"),
    new Option("--certificate-authority <file>", "CA that verifies the server"),
    new Option("--insecure-skip-tls-verify", "do not verify the server, which can then be anybody"),
    new Option("--token <token>", "bearer token"),
    new Option("--username <name>", "user name, for an API server that accepts passwords"),
    new Option("--password <password>", "password of that user"),
    new Option("--client-certificate <file>", "client certificate"),
    new Option("--client-key <file>", "key of the client certificate"),
    new Option("--as <user>", "act as this user"),
    new Option("--as-group <group>", "act as a member of this group; can be repeated").argParser(collect),
    new Option("--as-uid <uid>", "act as the user with this UID"),
    new Option("--as-user-extra <key=value>", "act with this extra data of a user; can be repeated").argParser(
      collectExtra,
    ),
    new Option("--request-timeout <duration>", "how long one request may take, such as 30s; 0 means no limit")
      .default(undefined, "30s")
      .argParser(parseRequestTimeout),
  ];
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

type Extra = Readonly<Record<string, readonly string[]>>;

function collectExtra(text: string, before: Extra | undefined): Extra {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be a key and a value, such as scopes=read.");
  const key = text.slice(0, at);
  return { ...before, [key]: [...(before?.[key] ?? []), text.slice(at + 1)] };
}

function parseSelector(text: string): string {
  const selector = parseLabelSelector(text);
  if (!selector.ok) throw new InvalidArgumentError(`${selector.failure}.`);
  return selector.value;
}

/** As for kubectl, a number is in seconds. */
function parseRequestTimeout(text: string): number {
  const ms = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (ms === undefined) throw new InvalidArgumentError("It must be a duration such as 30s or 2m, or 0.");
  return ms === 0 ? Number.POSITIVE_INFINITY : ms;
}
