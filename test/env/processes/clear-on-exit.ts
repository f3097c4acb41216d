import { clearRunFolder } from "./run-folder.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Clears the run folder when this process ends before it did so itself: by Ctrl-C, a signal, an uncaught exception or
 * process.exit(). Returns what takes this back.
 */
export function clearOnExit(folder: string): () => void {
  const clear = () => clearRunFolder(folder);
  const onSignal = (signal: NodeJS.Signals) => {
    forget();
    clear();
    // Now as if nobody had listened: the process ends by the signal, unless others listen too.
    process.kill(process.pid, signal);
  };
  const forget = () => {
    process.off("exit", clear);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  process.on("exit", clear);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return forget;
}
