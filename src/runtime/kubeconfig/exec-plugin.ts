import { basename } from "node:path";
import type { Clock } from "../../common/clock.ts";
import { printable } from "../../common/printable.ts";
import { failure, type Result, success } from "../../common/result.ts";
import { type ExecCredential, parseExecCredential } from "./exec-credential.ts";
import type { ExecConfig, KubeCluster } from "./kubeconfig.ts";
import { material } from "./material.ts";
import { type PluginFailure, runPlugin } from "./run-plugin.ts";

/** What exec plugins find around them. */
export interface PluginSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Ends a running plugin. */
  readonly signal: AbortSignal;
  /** Whether standard input is a terminal, from which a plugin may read. */
  readonly isInteractive: boolean;
  /** Whether the user sees what a plugin writes to standard error. */
  readonly showsErrors: boolean;
}

/** A plugin that asks the user needs minutes; one that does not ask is stuck long before. */
const INTERACTIVE_TIMEOUT_MS = 5 * 60_000;
const TIMEOUT_MS = 30_000;
const LONGEST_HINT = 2_000;

/** Runs a kubeconfig's exec plugin, and keeps its credential until it expires or is refused. */
export class ExecPlugin {
  readonly #exec: ExecConfig;
  readonly #cluster: KubeCluster;
  readonly #around: PluginSurroundings;
  #credential: ExecCredential | undefined;
  #running: Promise<Result<ExecCredential, string>> | undefined;

  constructor(exec: ExecConfig, cluster: KubeCluster, around: PluginSurroundings) {
    this.#exec = exec;
    this.#cluster = cluster;
    this.#around = around;
  }

  /**
   * Returns the kept credential or asks the plugin, which runs once for all who wait. A failure is a phrase.
   * @param isRefused whether the API server refused this credential
   */
  async credential(isRefused: (credential: ExecCredential) => boolean): Promise<Result<ExecCredential, string>> {
    const kept = this.#credential;
    const isExpired = (kept?.expiresAt ?? Number.POSITIVE_INFINITY) <= this.#around.clock.now();
    if (kept !== undefined && !isExpired && !isRefused(kept)) return success(kept);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return await this.#running;
  }

  async #run(): Promise<Result<ExecCredential, string>> {
    this.#credential = undefined;
    const { env, clock, signal, isInteractive, showsErrors } = this.#around;
    const { command, args, apiVersion = "", interactiveMode, installHint } = this.#exec;
    const interactive = isInteractive && interactiveMode !== "Never";
    const name = `the exec plugin ${JSON.stringify(basename(command))}`;
    if (interactiveMode === "Always" && !interactive)
      return failure(`${name} must ask the user, but standard input is not a terminal`);
    const info = await this.#info(interactive);
    if (!info.ok) return info;
    const ran = await runPlugin({
      command,
      args,
      env: { ...env, ...this.#exec.env, KUBERNETES_EXEC_INFO: JSON.stringify(info.value) },
      interactive,
      showsErrors,
      timeoutMs: interactive ? INTERACTIVE_TIMEOUT_MS : TIMEOUT_MS,
      clock,
      signal,
    });
    if (!ran.ok) return failure(`${name} ${words(ran.failure, interactive)}${hint(ran.failure, installHint)}`);
    const parsed = parseExecCredential(ran.value.toString("utf8"), apiVersion);
    if (!parsed.ok) return failure(`${name} ${parsed.failure}`);
    this.#credential = parsed.value;
    return parsed;
  }

  /** Builds what kubectl passes in KUBERNETES_EXEC_INFO. */
  async #info(interactive: boolean): Promise<Result<object, string>> {
    const { apiVersion, provideClusterInfo } = this.#exec;
    const info = { kind: "ExecCredential", apiVersion };
    if (!provideClusterInfo) return success({ ...info, spec: { interactive } });
    const { server, tlsServerName, skipTLSVerify, proxyUrl, execConfig } = this.#cluster;
    const ca = await material("the certificate authority", this.#cluster.caFile, this.#cluster.caData);
    if (!ca.ok) return ca;
    const cluster = {
      server,
      "tls-server-name": tlsServerName,
      "insecure-skip-tls-verify": skipTLSVerify === true ? true : undefined,
      "certificate-authority-data": ca.value?.toString("base64"),
      "proxy-url": proxyUrl,
      config: execConfig,
    };
    return success({ ...info, spec: { cluster, interactive } });
  }
}

function words(failed: PluginFailure, interactive: boolean): string {
  switch (failed.kind) {
    case "NotFound":
      return "is not installed, or not on the PATH";
    case "NotStarted":
      return `cannot be started (${failed.code})`;
    case "Failed":
      return failed.exitCode === null ? `was ended by ${failed.signal}` : `failed with exit code ${failed.exitCode}`;
    case "TooLate":
      return `did not answer within ${(interactive ? INTERACTIVE_TIMEOUT_MS : TIMEOUT_MS) / 1_000} s and was ended`;
    case "TooLarge":
      return "printed more than any credential needs";
  }
}

/** The kubeconfig's own advice on how to install the plugin. */
function hint(failed: PluginFailure, installHint = ""): string {
  if (failed.kind !== "NotFound" || installHint.trim() === "") return "";
  const lines = installHint.trim().slice(0, LONGEST_HINT).split(/\r?\n/);
  return `: ${lines
    .map((line) => printable(line.trim()))
    .filter(Boolean)
    .join(" ")}`;
}
