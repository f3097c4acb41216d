import { spawn } from "node:child_process";
import type { ApiClient } from "../../../runtime/api-client.ts";
import type { ApiFailure } from "../../../runtime/api-error.ts";
import type { CliContext } from "../../context.ts";
import { CommandFailed, EXIT } from "../../exit-codes.ts";
import type { ClusterFlags } from "../cluster-flags.ts";
import { HostCluster } from "../host-cluster.ts";
import { choosePod, type Pod } from "./page-pods.ts";
import { forwardPort } from "./port-forward.ts";

export interface PageFlags extends ClusterFlags {
  readonly port: number;
  readonly open?: boolean;
}

const LABELS = "app.kubernetes.io/name=dockerhost-operator";
/** Where the documentation installs the controller. */
const USUAL_NAMESPACE = "dockerhost-system";
/** More controllers than this are not read. */
const MOST_PODS = 500;

/** `kubectl dockerhost page`: forwards a port of this machine to the page of a controller, until Ctrl-C. */
export async function showPage(flags: PageFlags, context: CliContext): Promise<number> {
  const { stdout, env, signal } = context;
  const pod = await findPod(flags, context);
  const onOpen = (port: number) => {
    const url = `${pod.isGuarded ? "https" : "http"}://127.0.0.1:${port}/`;
    stdout.write(`The page is at ${url}\n`);
    if (pod.isGuarded)
      stdout.write("It asks for a login: enter a token of the cluster as the password, with any name.\n");
    stdout.write("Ctrl-C ends the connection.\n");
    if (flags.open === true) openBrowser(url, context);
  };
  const { port: localPort } = flags;
  const problem = await forwardPort({ pod, localPort, flags, env, signal, onOpen });
  if (problem !== undefined) throw new CommandFailed(problem);
  return EXIT.ok;
}

async function findPod(flags: PageFlags, context: CliContext) {
  await using cluster = await HostCluster.open(flags, context);
  const labels = flags.selector ?? LABELS;
  const list = (namespace: string | undefined) => listPods(cluster.client, namespace, labels, context.signal);
  let place = flags.namespace;
  let pods = await list(place);
  // Most users may not list the pods of all namespaces.
  if (!pods.ok && pods.failure.kind === "Forbidden" && place === undefined) {
    place = USUAL_NAMESPACE;
    pods = await list(place);
  }
  if (!pods.ok) throw new CommandFailed(listProblem(pods.failure, place));
  const found = choosePod(pods.value.items, place === undefined ? "the cluster" : `the namespace ${place}`);
  if (!found.ok) throw new CommandFailed(found.failure);
  return found.value;
}

function listPods(client: ApiClient, namespace: string | undefined, labelSelector: string, signal: AbortSignal) {
  const path = namespace === undefined ? "/api/v1/pods" : `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  return client.list<Pod>(path, { signal, labelSelector, limit: MOST_PODS });
}

function listProblem({ kind, message }: ApiFailure, namespace: string | undefined): string {
  if (kind !== "Forbidden") return `the pods of the controller cannot be listed (${message})`;
  return `you may not list pods in the namespace ${namespace ?? USUAL_NAMESPACE}; name the controller's namespace with -n, or get a role there with the rules {apiGroups: [""], resources: [pods], verbs: [get, list]} and {apiGroups: [""], resources: [pods/portforward], verbs: [create]} (${message})`;
}

function openBrowser(url: string, { env, stderr }: CliContext): void {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(program, [url], { env: { ...env }, stdio: "ignore", detached: true });
  child.on("error", () => stderr.write(`Warning: ${program} cannot be started; open the address yourself.\n`));
  child.unref();
}
