import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Generous: it only ends what hangs. */
const BLOCK_MS = 180_000;

export interface ShellOptions {
  /** Where it starts. */
  readonly folder: string;
  /** For its own files: the blocks and what they printed. */
  readonly records: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** One bash session, to which blocks are given one after the other, as a person at a terminal does. */
export class Shell {
  readonly #child: ChildProcess;
  readonly #records: string;
  #count = 0;
  #ended = false;

  private constructor(child: ChildProcess, records: string) {
    this.#child = child;
    this.#records = records;
    child.once("exit", () => {
      this.#ended = true;
    });
  }

  static async start({ folder, records, environment }: ShellOptions): Promise<Shell> {
    await mkdir(records, { recursive: true });
    // In a process group of its own, which also holds what the blocks leave running.
    const child = spawn("bash", ["--noprofile", "--norc", "-euo", "pipefail"], {
      cwd: folder,
      env: environment,
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
    });
    child.stdin.on("error", () => child.stdin.destroy());
    // However this process ends, the session ends with its input, and takes along what it left running.
    child.stdin.write("trap 'kill 0' EXIT\n");
    return new Shell(child, records);
  }

  /** Everything that the block printed; throws with it when a command failed. */
  async run(block: string): Promise<string> {
    if (this.#ended) throw new Error("the session has ended");
    const path = join(this.#records, `block-${++this.#count}`);
    await writeFile(`${path}.sh`, block);
    const passed = await this.#source(path);
    const output = await readFile(`${path}.out`, "utf8");
    if (!passed) throw new Error(`a command failed or hung; all of the block's output:\n${output}`);
    return output;
  }

  /** Ends the session and whatever it left running. */
  close(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      // Nobody of the group is left.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  /** Whether the session got past the block. */
  #source(path: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const passed = () => resolve(true);
    const failed = () => resolve(false);
    const timer = setTimeout(failed, BLOCK_MS);
    this.#child.stdout?.once("data", passed);
    this.#child.once("exit", failed);
    this.#child.stdin?.write(`. '${path}.sh' </dev/null >'${path}.out' 2>&1; echo\n`);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#child.stdout?.off("data", passed);
      this.#child.off("exit", failed);
    });
  }
}
