import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const LAUNCHER = fileURLToPath(new URL("../../bin/dockerhost.js", import.meta.url));

/** The program as its launcher starts it, on any Node. */
export class Launched {
  readonly child: ChildProcess;
  readonly ended: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  output = "";

  constructor([node, ...nodeArgs]: readonly [string, ...string[]], args: readonly string[], env: NodeJS.ProcessEnv) {
    const { NODE_COMPILE_CACHE } = process.env;
    const options: SpawnOptions = {
      env: { NODE_COMPILE_CACHE, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    };
    this.child = spawn(node, [...nodeArgs, LAUNCHER, ...args], options);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.ended = new Promise((resolve) => this.child.on("close", (code, signal) => resolve([code, signal])));
    onTestFinished(() => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.#killGroup("SIGKILL");
    });
  }

  /** Sends a signal only to the launcher, as a supervisor does, or to all of its processes, as a terminal does. */
  send(signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL", to: "launcher" | "group"): void {
    if (to === "launcher") this.child.kill(signal);
    else this.#killGroup(signal);
  }

  #killGroup(signal: NodeJS.Signals): void {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
  }
}
