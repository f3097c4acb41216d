import { readFile, stat } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Clock } from "../../common/clock.ts";
import { failure, type Result, success } from "../../common/result.ts";
import type { Cluster } from "../cluster.ts";
import { proxyFromEnvironment } from "../proxy/proxy-environment.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import type { KubeconfigOverrides } from "./overrides.ts";
import {
  type Environment,
  homeKubeconfig,
  listedKubeconfigs,
  readKubeconfig,
  readKubeconfigs,
} from "./read-kubeconfigs.ts";
import { isUnselected, selectContext } from "./select-context.ts";
import { CredentialReader } from "./user-credentials.ts";

export interface LoadOptions extends KubeconfigOverrides {
  /** The file that `--kubeconfig` names. It is the only one that is read. */
  readonly kubeconfig?: string | undefined;
  readonly env: Environment;
  /**
   * Where to look in a pod: controllers use the pod's service account rather than ~/.kube/config, and kubectl any
   * kubeconfig rather than the service account.
   */
  readonly manner: "kubectl" | "controller";
  readonly clock: Clock;
  /** Ends plugins that are running. */
  readonly signal: AbortSignal;
  /** Whether a plugin may ask the user on standard input. */
  readonly isInteractive?: boolean;
  /** Whether the user sees what a plugin writes to standard error. The default is true. */
  readonly showsErrors?: boolean;
  readonly warn: (message: string) => void;
  /** Where a pod finds its service account. */
  readonly accountFolder?: string;
}

const ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const NO_CLUSTER = "No cluster is configured; give --kubeconfig, or set KUBECONFIG.";

/**
 * Finds the cluster as kubectl or as controllers in Go do. A failure is a sentence for the user.
 *
 * Only the types of client-node are used: it drops or misreads several fields of a kubeconfig, leaks plugins that hang,
 * and opens a connection for every call.
 */
export async function loadCluster(options: LoadOptions): Promise<Result<Cluster, string>> {
  const account = await podAccount(options);
  const found = await findConfig(options, account);
  if (!found.ok) return found;
  const isPod = found.value === account;
  const selected = selectContext(found.value, options);
  if (!selected.ok) return selected;
  const { cluster } = selected.value;
  const { env, isInteractive = false, showsErrors = true } = options;
  const reader = new CredentialReader(selected.value, { ...options, isInteractive, showsErrors });
  // The API server of the own cluster is never behind a proxy that pods use for the internet.
  const proxy = cluster.proxyUrl ?? (isPod ? undefined : proxyFromEnvironment(new URL(cluster.server), env));
  if (proxy !== undefined && !URL.canParse(proxy))
    return failure("The proxy of the environment (HTTPS_PROXY) is not a valid URL.");
  const namespace = selected.value.namespace ?? account?.contexts.get("")?.namespace;
  return success({
    server: cluster.server,
    ...(namespace !== undefined && { namespace }),
    ...(proxy !== undefined && { proxy }),
    credentials: (rejected) => reader.read(rejected),
  });
}

async function findConfig(options: LoadOptions, account: Kubeconfig | undefined): Promise<Result<Kubeconfig, string>> {
  const { kubeconfig, env, manner } = options;
  if (kubeconfig !== undefined) {
    const read = await readKubeconfig(kubeconfig, "required");
    return read.ok ? success(read.value ?? EMPTY) : read;
  }
  const listed = listedKubeconfigs(env);
  if (listed === undefined && manner === "controller" && account !== undefined) return success(account);
  const files = listed ?? [homeKubeconfig(env)];
  const read = await readKubeconfigs(files);
  if (!read.ok || !isUnselected(read.value, options)) return read;
  if (account !== undefined) return success(account);
  return read.value.contexts.size > 0 ? read : failure(NO_CLUSTER);
}

const EMPTY: Kubeconfig = { clusters: new Map(), users: new Map(), contexts: new Map(), currentContext: undefined };

/** Describes the pod's own service account as a kubeconfig; undefined outside a pod. */
async function podAccount({ env, accountFolder = ACCOUNT_FOLDER }: LoadOptions): Promise<Kubeconfig | undefined> {
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "" } = env;
  const tokenFile = join(accountFolder, "token");
  const isPod =
    host !== "" &&
    port !== "" &&
    (await stat(tokenFile).then(
      (found) => found.isFile(),
      () => false,
    ));
  if (!isPod) return undefined;
  const namespace = await readFile(join(accountFolder, "namespace"), "utf8").then(
    (text) => text.trim(),
    () => "",
  );
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const name = "";
  return {
    clusters: new Map([[name, { name, server, caFile: join(accountFolder, "ca.crt"), skipTLSVerify: false }]]),
    users: new Map([[name, { name, tokenFile }]]),
    contexts: new Map([[name, { name, cluster: name, user: name, namespace: namespace || undefined }]]),
    currentContext: name,
  };
}
