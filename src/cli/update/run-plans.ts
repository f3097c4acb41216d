import { success } from "../../common/result.ts";
import { replace } from "../../replacement/replace.ts";
import type { Progress, ReplacementPorts, ReplacementResult } from "../../replacement/request.ts";
import type { CliContext } from "../context.ts";
import { writeMessage } from "../wrap.ts";
import type { Daemon } from "./daemon.ts";
import type { Plans } from "./plans.ts";
import { endsTheRun, exitCode, resultText } from "./results.ts";
import { UpdateProgress } from "./update-progress.ts";

/**
 * Carries out the updates one after the other. A failed update does not prevent the others, unless the daemon is the
 * cause.
 */
export async function carryOut(
  planned: Plans["planned"],
  daemon: Pick<Daemon, "ports" | "surface">,
  isIncomplete: boolean,
  context: CliContext,
): Promise<number> {
  const kinds: (ReplacementResult["kind"] | "NotBegun")[] = isIncomplete ? ["NotBegun"] : [];
  const waiting = [...planned];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { target, request } = next;
    let txn = "";
    const result = await shown(target.container, daemon, context, (ports) => {
      const record = async (progress: Progress) => {
        txn = progress.txn;
        return await ports.record(progress);
      };
      return replace(request, { ...ports, record });
    });
    kinds.push(result.kind);
    const isGood = result.kind === "Succeeded" || result.kind === "UpToDate";
    writeMessage(
      isGood ? context.stdout : context.stderr,
      `${isGood ? "" : "error: "}${resultText(target, result, txn, daemon.surface)}`,
    );
    const warnings = result.kind === "Succeeded" ? result.warnings : [];
    for (const warning of warnings) writeMessage(context.stderr, `Warning: ${target.container}: ${warning}`);
    if (waiting.length > 0 && (endsTheRun(result) || context.signal.aborted)) {
      const names = waiting.map(({ target: { container } }) => container);
      writeMessage(context.stderr, `error: Not updated, and not touched: ${names.join(", ")}`);
      kinds.push("NotBegun");
      break;
    }
  }
  return exitCode(kinds);
}

/**
 * Works on the daemon and shows the progress. Ctrl-C puts the old container back, unless the new one has proved itself.
 */
export async function shown<T>(
  container: string,
  daemon: Pick<Daemon, "ports">,
  { stderr, clock, signal }: Pick<CliContext, "stderr" | "clock" | "signal">,
  work: (ports: ReplacementPorts) => Promise<T>,
): Promise<T> {
  using progress = new UpdateProgress(container, stderr, clock);
  const onStop = () =>
    progress.note(
      `Stopping: ${container} is put back as it was, or finished if it is almost done. Press Ctrl-C again to leave at once; the next update of this host then finishes or undoes it.`,
    );
  signal.addEventListener("abort", onStop, { once: true });
  try {
    return await work(
      daemon.ports({
        cancel: signal,
        onPull: (event) => progress.onPull(event),
        record: async (step) => {
          progress.onStep(step);
          return success(undefined);
        },
      }),
    );
  } finally {
    signal.removeEventListener("abort", onStop);
  }
}
