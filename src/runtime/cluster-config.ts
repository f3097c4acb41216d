import { existsSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { errorCode } from "../common/error-code.ts";
import { failure, type Result, success } from "../common/result.ts";
import type { Cluster, ClusterCredentials } from "./cluster.ts";

export interface ClusterConfigOptions {
  /** The file that `--kubeconfig` names. It overrides everything else. */
  readonly kubeconfig?: string | undefined;
  /** The context that `--context` names. The default is the file's current one. */
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Finds the cluster in the same order as controllers in Go: the given file, $KUBECONFIG (a list), the service account
 * of the pod, ~/.kube/config. A failure is a sentence for the user.
 *
 * client-node interprets files, tokens, exec plugins and client certificates. Its connections are not used, because it
 * opens a new one for every call.
 */
export function loadCluster(options: ClusterConfigOptions): Result<Cluster, string> {
  try {
    const config = readConfig(options);
    if (typeof config === "string") return failure(config);
    if (options.context !== undefined) config.setCurrentContext(options.context);
    return toCluster(config);
  } catch (error) {
    // A YAML error quotes lines of the file, which can contain keys and tokens; plain errors only name a file or a
    // field.
    const words = error instanceof Error && error.constructor === Error ? error.message : "it is not valid YAML";
    return failure(`Cannot read the cluster's configuration: ${words}.`);
  }
}

function readConfig({ kubeconfig, env }: ClusterConfigOptions): KubeConfig | string {
  const config = new KubeConfig();
  const files = kubeconfig !== undefined ? [kubeconfig] : (env.KUBECONFIG ?? "").split(delimiter).filter(Boolean);
  const home = join(env.HOME ?? homedir(), ".kube", "config");
  if (files.length === 0 && env.KUBERNETES_SERVICE_HOST !== undefined) {
    config.loadFromCluster();
    return config;
  }
  if (files.length === 0) {
    if (!existsSync(home)) return "No cluster is configured; give --kubeconfig, or set KUBECONFIG.";
    files.push(home);
  }
  for (const [index, file] of files.entries()) {
    const next = new KubeConfig();
    next.loadFromFile(file);
    // Like for kubectl, the first file that names a current context decides.
    config.mergeConfig(next, index > 0 && config.getCurrentContext() !== undefined);
  }
  return config;
}

function toCluster(config: KubeConfig): Result<Cluster, string> {
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  const cluster = config.getCurrentCluster();
  if (context === null) return failure(`The kubeconfig has no context ${JSON.stringify(name ?? "")}.`);
  if (cluster === null)
    return failure(`Context ${JSON.stringify(name)} names a cluster that the kubeconfig does not contain.`);
  if (cluster.proxyUrl !== undefined)
    return failure("The kubeconfig has a proxy-url, which is not supported; use a context without one.");
  if (!URL.canParse(cluster.server))
    return failure(
      `The server of cluster ${JSON.stringify(cluster.name)} is not a valid URL; correct it in the kubeconfig.`,
    );
  if (new URL(cluster.server).protocol !== "https:")
    return failure("The server of the cluster must be an https:// URL; correct it in the kubeconfig.");
  return success({
    server: cluster.server,
    ...(context.namespace === undefined ? {} : { namespace: context.namespace }),
    credentials: () => readCredentials(config),
  });
}

async function readCredentials(config: KubeConfig): Promise<Result<ClusterCredentials, string>> {
  const options: RequestOptions & { servername?: string } = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    // Report only the code: the message of a failing plugin can quote the token that it printed.
    const code = errorCode(error);
    return failure(`cannot read the cluster's credentials${code === undefined ? "" : ` (${code})`}`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
  if (typeof options.auth === "string") {
    headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  }
  const { ca, cert, key, servername } = options;
  return success({
    headers,
    tls: {
      rejectUnauthorized: options.rejectUnauthorized !== false,
      ...(isMaterial(ca) ? { ca } : {}),
      ...(isMaterial(cert) ? { cert } : {}),
      ...(isMaterial(key) ? { key } : {}),
      ...(servername === undefined ? {} : { servername }),
    },
  });
}

function isMaterial(value: unknown): value is string | Buffer {
  return typeof value === "string" || Buffer.isBuffer(value);
}
