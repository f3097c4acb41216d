import { failure, type Result, success } from "../../common/result.ts";
import type { KubeCluster, Kubeconfig, KubeUser } from "./kubeconfig.ts";
import { type KubeconfigOverrides, overrideCluster, overrideUser } from "./overrides.ts";
import { clusterProblem, userProblem } from "./problems.ts";

/** The entries that a context and the flags select, which are usable as far as they show it. */
export interface SelectedContext {
  readonly cluster: KubeCluster & { readonly server: string };
  readonly user: KubeUser;
  readonly namespace: string | undefined;
}

/** Whether the kubeconfig selects nothing, so that kubectl would look elsewhere for a cluster. */
export function isUnselected({ currentContext }: Kubeconfig, flags: KubeconfigOverrides): boolean {
  return [currentContext, flags.context, flags.cluster, flags.server].every((each) => each === undefined);
}

/** Selects like kubectl. A failure is a sentence for the user. Other entries may be incomplete. */
export function selectContext(config: Kubeconfig, flags: KubeconfigOverrides): Result<SelectedContext, string> {
  const contextName = flags.context ?? config.currentContext;
  const context = contextName === undefined ? undefined : config.contexts.get(contextName);
  if (contextName !== undefined && context === undefined)
    return failure(`The kubeconfig has no context ${JSON.stringify(contextName)}${choices(config.contexts)}.`);

  const clusterName = flags.cluster ?? context?.cluster;
  const cluster = config.clusters.get(clusterName ?? "");
  if (cluster === undefined && (flags.cluster !== undefined || (clusterName ?? "") !== ""))
    return failure(missing("cluster", clusterName, flags.cluster === undefined ? contextName : undefined));
  const userName = flags.user ?? context?.user;
  const user = config.users.get(userName ?? "");
  if (user === undefined && (flags.user !== undefined || (userName ?? "") !== ""))
    return failure(missing("user", userName, flags.user === undefined ? contextName : undefined));

  const used = overrideCluster(cluster ?? { name: "", server: undefined, skipTLSVerify: false }, flags);
  const by = overrideUser(user ?? { name: "" }, flags);
  const server = withScheme(used, by);
  if (server === undefined) {
    return contextName === undefined
      ? failure(`The kubeconfig has no current context; choose one with --context${choices(config.contexts)}.`)
      : failure(
          `The context ${JSON.stringify(contextName)} selects no cluster with a server; correct it in the kubeconfig.`,
        );
  }
  const problem = clusterProblem({ ...used, server }) ?? userProblem(by);
  if (problem !== undefined) return failure(problem);
  return success({ cluster: { ...used, server }, user: by, namespace: context?.namespace });
}

function missing(what: "cluster" | "user", name: string | undefined, context: string | undefined): string {
  const quoted = JSON.stringify(name ?? "");
  return context === undefined
    ? `The kubeconfig has no ${what} ${quoted}.`
    : `The context ${JSON.stringify(context)} names the ${what} ${quoted}, which the kubeconfig does not contain.`;
}

/** Lists names to choose from, as far as they fit on a line. */
function choices(contexts: Kubeconfig["contexts"]): string {
  const names = [...contexts.keys()].filter((name) => name !== "").slice(0, 5);
  return names.length === 0
    ? ""
    : `; it has ${names.map((name) => JSON.stringify(name)).join(", ")}${contexts.size > 5 ? " and others" : ""}`;
}

/**
 * A server without a scheme is an https:// one if there is anything that TLS needs. kubectl always takes http:// for such a
 * server, and then uses neither the CA nor the credentials.
 */
function withScheme({ server, caFile, caData, skipTLSVerify }: KubeCluster, user: KubeUser): string | undefined {
  if (server === undefined || server.includes("://")) return server;
  const isTls =
    [caFile, caData, user.certFile, user.certData].some((each) => each !== undefined) || skipTLSVerify === true;
  return `${isTls ? "https" : "http"}://${server}`;
}
