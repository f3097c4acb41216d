import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Kube } from "../env/kube.ts";
import { waitUntil } from "../env/processes/wait-until.ts";

const LAUNCHER = fileURLToPath(new URL("../../bin/dockerhost.js", import.meta.url));

/** What a controller in its pod need not reach. */
export const LOOPBACK = ["--allowed-endpoint-cidrs", "127.0.0.0/8,::1/128"];

/** The product as its users start it: the launcher in a process of its own. */
export class Program {
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";
  readonly exited: Promise<number | null>;

  private constructor(args: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string }) {
    this.#child = spawn(process.execPath, [LAUNCHER, ...args], {
      env: { PATH: process.env.PATH, HOME: "/nonexistent", ...options.env },
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

  static start(args: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}): Program {
    return new Program(args, options);
  }

  /** A controller for one namespace, once its caches are filled. The servers of a test are on loopback. */
  static async controller(kube: Kube, namespace: string, fences: readonly string[] = LOOPBACK): Promise<Program> {
    const args = ["controller", "--kubeconfig", kube.facts.kubeconfig, "--watch-namespaces", namespace, ...fences];
    const addresses = ["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"];
    const program = new Program([...args, ...addresses, "--log-level", "debug"], {});
    await waitUntil("the controller to start", 30_000, async () => {
      if (program.hasEnded) throw new Error(`the controller ended: ${program.output}`);
      return program.#stderr.includes("Starting the workers");
    });
    return program;
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

  /** Ends it at once, as the kernel does where memory runs out. */
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
