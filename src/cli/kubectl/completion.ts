import type { Command } from "commander";
import { startDeadline } from "../../common/deadline.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { commandFirst } from "./command-first.ts";
import { HostCluster } from "./host-cluster.ts";
import { kubectlProgram } from "./plugin-program.ts";

/** Nobody waits longer than this after pressing the Tab key. */
const TIMEOUT_MS = 2_000;
/** The directive of cobra for "no file completion". */
const NO_FILES = ":4";

/**
 * Prints what could come next on a command line, in the format that kubectl expects from a program
 * `kubectl_complete-NAME`: one candidate per line, then a directive. The last word is the one being typed. Prints no
 * candidates if none are known.
 */
export async function completeKubectl(words: readonly string[], context: CliContext): Promise<number> {
  const typed = words.at(-1) ?? "";
  const candidates = await candidatesFor(words.slice(0, -1), typed, context);
  const fitting = candidates.filter((candidate) => candidate.startsWith(typed));
  context.stdout.write(`${[...fitting, NO_FILES].join("\n")}\n`);
  return EXIT.ok;
}

async function candidatesFor(written: readonly string[], typed: string, context: CliContext): Promise<string[]> {
  const program = kubectlProgram(context, async () => {});
  const before = commandFirst(program, written);
  const named = before.find((word) => !word.startsWith("-"));
  const command = program.commands.find((each) => each.name() === named || each.aliases().includes(named ?? ""));
  if (command === undefined) return program.commands.map((each) => each.name());
  const option = command.options.find(({ short, long }) => [short, long].includes(before.at(-1)));
  if (option !== undefined && (option.required || option.optional)) return [...(option.argChoices ?? [])];
  if (typed.startsWith("-")) return command.options.flatMap(({ long }) => long ?? []);
  return command.registeredArguments.length === 0 ? [] : await hostNames(command, before, context);
}

/** Lists the hosts of the namespace that the flags on the line select. */
async function hostNames(command: Command, before: readonly string[], context: CliContext): Promise<string[]> {
  const { unknown } = command.parseOptions(before.slice(before.indexOf(command.name()) + 1));
  if (unknown.length > 0) return [];
  using deadline = startDeadline(context.signal, "the completion", TIMEOUT_MS, context.clock);
  try {
    await using cluster = await HostCluster.open(command.opts(), { ...context, signal: deadline.signal }, "silent");
    return (await cluster.list()).map(({ metadata }) => metadata.name);
  } catch {
    // An error would be printed into the user's command line.
    return [];
  }
}
