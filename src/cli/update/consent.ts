import { createInterface } from "node:readline/promises";
import type { CliContext } from "../context.ts";

/** Whether somebody can be asked: a terminal to read from and one to write to. */
export function canAsk({ stdin, stderr }: Pick<CliContext, "stdin" | "stderr">): boolean {
  return stderr.isTTY === true && "isTTY" in stdin && stdin.isTTY === true;
}

/**
 * Asks on standard error. Any answer other than yes, and the end of the input, means no. Rejects when the signal fires.
 */
export async function confirmed(
  prompt: string,
  { stdin, stderr, signal }: Pick<CliContext, "stdin" | "stderr" | "signal">,
): Promise<boolean> {
  stderr.write(`${prompt} [y/N] `);
  const lines = createInterface({ input: stdin, terminal: false });
  const stop = () => lines.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const line of lines) return /^y(?:es)?$/i.test(line.trim());
    stderr.write(signal.aborted ? "\nNothing was changed.\n" : "\n");
    signal.throwIfAborted();
    return false;
  } finally {
    signal.removeEventListener("abort", stop);
    lines.close();
  }
}
