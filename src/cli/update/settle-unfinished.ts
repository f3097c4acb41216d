import type { Outcome } from "../../api/failure.ts";
import type { Surface } from "../../api/surface.ts";
import { formatDuration } from "../../common/duration.ts";
import { type Recovered, recover } from "../../replacement/recover.ts";
import type { CliContext } from "../context.ts";
import { CommandFailed, EXIT } from "../exit-codes.ts";
import { writeMessage } from "../wrap.ts";
import { confirmed } from "./consent.ts";
import { type Daemon, OWNER } from "./daemon.ts";
import { failureText } from "./failure-text.ts";
import { shown } from "./run-plans.ts";
import { awaitUnfinished, findUnfinished, isForeign } from "./unfinished.ts";
import type { UpdateOptions } from "./update-options.ts";

/** The time to stop, create and remove a container, in addition to the time that it may take to become healthy. */
const MARGIN_MS = 30_000;

/**
 * Finishes or undoes an update that an earlier command left unfinished. Another command may still be carrying it out,
 * so a person is asked; if nobody can be asked, that command gets time to end first. Updates of other programs are
 * finished or undone only with --take-over. Resolves to an exit code if the host cannot be updated now.
 */
export async function settleUnfinished(
  ownDaemon: Pick<Daemon, "ports" | "surface">,
  host: string,
  options: Pick<UpdateOptions, "dryRun" | "yes" | "healthTimeout" | "takeOver">,
  context: CliContext,
): Promise<number | undefined> {
  const { stderr, stdout, signal } = context;
  const daemon = options.takeOver === true ? takingOver(ownDaemon) : ownDaemon;
  const { surface } = daemon;
  let left = found(await findUnfinished(daemon.ports()), host, surface);
  if (left.length === 0) return undefined;
  if (options.dryRun === true) {
    writeMessage(
      stdout,
      `${host}: an update of ${names(left)} is unfinished; it must be finished or undone before a new plan.`,
    );
    stdout.write("This is a dry run: nothing was changed.\n");
    return EXIT.notReady;
  }
  refuseForeign(left, host, surface);
  if (options.yes === true) {
    const ms = options.healthTimeout + MARGIN_MS;
    const text = `${host}: an update of ${names(left)} is unfinished. If another command is still busy with it, that one has up to ${formatDuration(ms)} to end; then this one finishes or undoes it.`;
    writeMessage(stderr, text);
    left = found(await awaitUnfinished(daemon.ports(), ms, signal), host, surface);
    if (left.length === 0) return undefined;
    refuseForeign(left, host, surface);
  } else {
    writeMessage(
      stderr,
      `${host}: an update of ${names(left)} is unfinished. Answer yes only if no other command is busy with it.`,
    );
    if (!(await confirmed("Finish or undo it now?", context))) {
      writeMessage(stderr, "Nothing was changed.");
      return EXIT.notReady;
    }
  }
  const containers = left.map(({ container }) => container).join(", ");
  const settled = found(await shown(containers, daemon, context, recover), host, surface);
  for (const { container, result } of settled) {
    const isStuck =
      result.kind === "Busy" ||
      result.kind === "Interrupted" ||
      (result.kind === "Failed" && result.failure.reason === "RollbackFailed");
    if (isStuck) throw new CommandFailed(`${host}: ${failureText(result.failure, surface)}`);
    const end =
      result.kind === "Succeeded"
        ? "finished"
        : result.kind === "Kept"
          ? "ended, with the failed container kept"
          : "undone";
    writeMessage(stderr, `${host}: the unfinished update of ${container} was ${end}.`);
  }
  signal.throwIfAborted();
  return undefined;
}

/** The daemon for a command that also finishes or undoes updates of other programs. */
function takingOver(daemon: Pick<Daemon, "ports" | "surface">): Pick<Daemon, "ports" | "surface"> {
  return {
    surface: daemon.surface,
    ports: (additions) => {
      const ports = daemon.ports(additions);
      return { ...ports, writer: { ...ports.writer, takesOver: true } };
    },
  };
}

function found(outcome: Outcome<readonly Recovered[]>, host: string, surface: Surface): readonly Recovered[] {
  if (!outcome.ok) throw new CommandFailed(`${host}: ${failureText(outcome.failure, surface)}`);
  return outcome.value;
}

function refuseForeign(left: readonly Recovered[], host: string, surface: Surface): void {
  for (const each of left) {
    if (!isForeign(each) || each.result.kind !== "Busy") continue;
    throw new CommandFailed(`${host}: ${failureText(each.result.failure, surface)}`);
  }
}

/** The containers, each with the program that began its update if that was not this command. */
function names(left: readonly Recovered[]): string {
  return left
    .map(({ container, owner = OWNER }) => (owner === OWNER ? container : `${container}, begun by ${owner},`))
    .join(" and ");
}
