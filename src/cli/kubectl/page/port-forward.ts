import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { errorCode } from "../../../common/error-code.ts";
import type { ClusterFlags } from "../cluster-flags.ts";
import type { PagePod } from "./page-pods.ts";

const MAX_KEPT = 4_096;
const MAX_LINE = 1_024;

export interface ForwardOptions {
  readonly pod: PagePod;
  /** The port on this machine; 0 lets the system choose one. */
  readonly localPort: number;
  readonly flags: ClusterFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Is called once, with the port on this machine. */
  readonly onOpen: (port: number) => void;
}

/**
 * Runs kubectl port-forward, which handles every kind of login, proxy and server, until the signal fires or it ends by
 * itself. Returns why it ended; undefined after the signal.
 */
export function forwardPort({
  pod,
  localPort,
  flags,
  env,
  signal,
  onOpen,
}: ForwardOptions): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const ports = `${localPort === 0 ? "" : localPort}:${pod.port}`;
  const to = ["port-forward", `pod/${pod.name}`, ports, `--namespace=${pod.namespace}`, "--address=127.0.0.1"];
  const child = spawn("kubectl", [...to, ...kubectlFlags(flags)], {
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  let problem = "";
  let isOpen = false;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const port = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line.slice(0, MAX_LINE))?.[1];
    if (port === undefined || isOpen) return;
    isOpen = true;
    onOpen(Number(port));
  });
  child.stderr.on("data", (chunk: Buffer) => {
    problem = (problem + chunk.toString("utf8")).slice(-MAX_KEPT);
  });
  child.on("error", (error) => {
    // After the signal, "close" follows.
    if (signal.aborted) return;
    resolve(errorCode(error) === "ENOENT" ? "kubectl is not on the PATH" : "kubectl cannot be started");
  });
  child.on("close", (code) => {
    if (signal.aborted) return resolve(undefined);
    resolve(explain(problem.trim(), { pod, localPort, code }));
  });
  return promise;
}

function explain(
  text: string,
  { pod, localPort, code }: Pick<ForwardOptions, "pod" | "localPort"> & { readonly code: number | null },
): string {
  if (/pods\/portforward/.test(text) && /forbidden/i.test(text))
    return `you may not forward ports in the namespace ${pod.namespace}; you need a role there with the rule {apiGroups: [""], resources: [pods/portforward], verbs: [create]} (${lastLine(text)})`;
  if (/address already in use|unable to listen on/i.test(text))
    return `port ${localPort} of this machine is in use; choose another with --port, or any with --port 0`;
  const why = text === "" ? `kubectl port-forward ended with exit code ${code ?? "unknown"}` : lastLine(text);
  return `the connection to the pod ${pod.namespace}/${pod.name} has ended; run the command again (${why})`;
}

function lastLine(text: string): string {
  return (text.split("\n").at(-1) ?? "").replace(/^error: /i, "").slice(-MAX_LINE);
}

/** The user's own flags, which mean the same for kubectl. */
function kubectlFlags(flags: ClusterFlags): string[] {
  const values = {
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    cluster: flags.cluster,
    user: flags.user,
    server: flags.server,
    "tls-server-name": flags.tlsServerName,
    "certificate-authority": flags.certificateAuthority,
    token: flags.token,
    username: flags.username,
    password: flags.password,
    "client-certificate": flags.clientCertificate,
    "client-key": flags.clientKey,
    as: flags.as,
    "as-uid": flags.asUid,
    "insecure-skip-tls-verify": flags.insecureSkipTlsVerify === true ? "true" : undefined,
  };
  const groups = (flags.asGroup ?? []).map((group) => `--as-group=${group}`);
  const extra = Object.entries(flags.asUserExtra ?? {}).flatMap(([key, values]) =>
    values.map((value) => `--as-user-extra=${key}=${value}`),
  );
  return [
    ...Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : `--${name}=${value}`)),
    ...groups,
    ...extra,
  ];
}
