import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Kube } from "../env/kube.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { BUILT_PROGRAM } from "../support/built-program.ts";
import { type ControllerRights, releaseAccount } from "./controller-account.ts";

/** The bundle where the tests were started by `npm test`, else the sources. */
export const PROGRAM = process.env[BUILT_PROGRAM] ?? fileURLToPath(new URL("../../bin/dockerhost.js", import.meta.url));

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** What is started instead of the program: flags of Node, and the file to run. */
  readonly node?: readonly string[];
  /** A command that starts what follows it. */
  readonly prefix?: readonly string[];
}

/**
 * Shorter than the defaults, so that another leader comes soon. A controller on a busy machine still renews in time: what
 * it misses by is less than the difference.
 */
export const SHORT_LEASE = { leaseMs: 8_000, renewMs: 6_000, retryMs: 500 } as const;

export interface LeaseTimings {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly retryMs: number;
}

/** The flags of a controller that leads by a lease in this namespace. */
export function leaseFlags(namespace: string, { leaseMs, renewMs, retryMs }: LeaseTimings = SHORT_LEASE): string[] {
  return [
    ...["--enable-leader-election", "--leader-election-namespace", namespace],
    ...["--leader-election-lease-duration", `${leaseMs}ms`, "--leader-election-renew-deadline", `${renewMs}ms`],
    ...["--leader-election-retry-period", `${retryMs}ms`],
  ];
}

/** What a controller in its pod need not reach. */
export const LOOPBACK = ["--allowed-endpoint-cidrs", "127.0.0.0/8,::1/128"];

/** The product as its users start it: in a process of its own. */
export class Program {
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";
  readonly exited: Promise<number | null>;

  private constructor(args: readonly string[], options: ProgramOptions) {
    const [command, ...rest] = [...(options.prefix ?? []), process.execPath, ...(options.node ?? [PROGRAM]), ...args];
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    this.#child = spawn(command ?? process.execPath, rest, {
      env: { PATH, NODE_COMPILE_CACHE, HOME: "/nonexistent", ...options.env },
      stdio: "pipe",
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#stdout += chunk.toString();
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.#child.stdin?.end(options.input ?? "");
    this.exited = new Promise((resolve) => this.#child.on("close", resolve));
  }

  static start(args: readonly string[], options: ProgramOptions = {}): Program {
    return new Program(args, options);
  }

  /** A controller with the token of the chart's service account, and with the permissions that the chart gives it. */
  static async startController(
    kube: Kube,
    rights: ControllerRights,
    flags: readonly string[],
    options: ProgramOptions = {},
  ): Promise<Program> {
    const kubeconfig = await releaseAccount(kube, rights);
    const namespaces = rights.watchNamespaces.join(",");
    const args = ["controller", "--kubeconfig", kubeconfig, "--watch-namespaces", namespaces, ...flags];
    return Program.start(args, options);
  }

  /** The same for the namespaces (`a,b`), once its caches are filled. The servers of a test are on loopback. */
  static async controller(kube: Kube, namespaces: string, policies: readonly string[] = LOOPBACK): Promise<Program> {
    const [first = "", ...others] = namespaces.split(",");
    const addresses = ["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"];
    const flags = [...policies, ...addresses, "--log-level", "debug"];
    const program = await Program.startController(kube, { watchNamespaces: [first, ...others] }, flags);
    await program.says("Starting the workers");
    return program;
  }

  /** Of the process that was started. */
  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What Prometheus would read. */
  async metrics(): Promise<string> {
    const port = /"msg":"Serving metrics","port":(\d+)/.exec(this.#stderr)?.[1];
    return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  }

  /** Status and text of a probe's answer. */
  async probe(path: string): Promise<string> {
    const port = /"msg":"Serving probes","port":(\d+)/.exec(this.#stderr)?.[1];
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${answer.status} ${await answer.text()}`;
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Everything that it printed. */
  get output(): string {
    return this.#stdout + this.#stderr;
  }

  /** Waits until it has printed these words. */
  async says(words: string): Promise<void> {
    await waitUntil(`"${words}"`, 60_000, async () => {
      if (this.output.includes(words)) return true;
      if (this.hasEnded) throw new Error(`it ended: ${this.output}`);
      return false;
    });
  }

  /** Stops reading what it prints, as `head` does. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** Kills it immediately, as the kernel does when memory runs out. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  /** Asks it to end, and resolves to the exit code. */
  async stop(): Promise<number | null> {
    if (!this.hasEnded) this.#child.kill("SIGTERM");
    return await this.exited;
  }
}
