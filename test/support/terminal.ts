import { spawn } from "node:child_process";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface Shown {
  readonly code: number | null;
  /** Everything that was written, with its control sequences but without carriage returns. */
  readonly text: string;
}

export interface ShowOptions {
  /** Without a size there is no terminal, and only standard output is shown. */
  readonly size?: TerminalSize | undefined;
  readonly colour?: boolean;
  readonly cwd?: string;
  /** Ctrl-C is pressed as soon as this is so for all that was written. Without a terminal it is a signal. */
  readonly interruptWhen?: (text: string) => boolean;
}

/** Runs a script of this project in a process of its own, in a pseudo-terminal of that size or in a pipe. */
export async function show(script: readonly string[], options: ShowOptions = {}): Promise<Shown> {
  const { size, colour = false, cwd, interruptWhen } = options;
  const command = [process.execPath, ...script];
  const inTerminal = `stty cols ${size?.columns} rows ${size?.rows}; exec ${command.map((word) => `'${word}'`).join(" ")}`;
  const [file = "", ...args] = size === undefined ? command : ["script", "-qec", inTerminal, "/dev/null"];
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, HOME: "/nonexistent", TERM: "xterm", ...(colour ? {} : { NO_COLOR: "1" }) };
  const stdin = interruptWhen === undefined ? "ignore" : "pipe";
  const child = spawn(file, args, { env, cwd, stdio: [stdin, "pipe", "ignore"] });
  let text = "";
  let isInterrupted = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (isInterrupted || interruptWhen?.(text) !== true) return;
    isInterrupted = true;
    if (size === undefined) child.kill("SIGINT");
    else child.stdin?.write("\x03");
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  return { code, text: text.replaceAll("\r", "") };
}

/** A screen without what differs from run to run: ports, times, ages, digests and how far a long pass was. */
export function sameEachRun(text: string): string {
  return text
    .replaceAll(/(?<=127\.0\.0\.1:)\d{5}\b/g, "PPPPP")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "YYYY-MM-DDTHH:MM:SSZ")
    .replaceAll(/(?<=\bsha256:)[0-9a-f]+/g, (digits) => "d".repeat(digits.length))
    .replaceAll(/(?<=^\S.* {2})\d+s(?: {2,}|$)/gm, (cell) => "0s".padEnd(cell.length).replace(/^0s $/, "0s"))
    .replaceAll(/^Checking \d+ hosts: [^()]*\(\d+ s\)\n/gm, "");
}
