import type { Command } from "commander";

/** The commands of `kubectl dockerhost` that `dockerhost` does not have, and the other way round. */
const OF_PLUGIN = ["list", "ls", "status", "updates", "suspend", "resume", "wait", "history", "rollback", "page"];
const OF_PROGRAM = ["run", "controller", "manifest"];
/** Only the controller has the webhook and its key. */
const NOTIFY =
  '"notify" is a command of dockerhost; to test the webhook of a controller, run it there: kubectl exec -n NAMESPACE deployment/NAME -- /nodejs/bin/node /app/dockerhost.mjs notify test';

/**
 * Says what somebody probably meant by a command line that is not valid; undefined if that cannot be guessed.
 * @param isMisplaced whether the error can be an argument in place of an option
 */
export function hintFor(program: Command, args: readonly string[], isMisplaced: boolean): string | undefined {
  const isPlugin = program.name().startsWith("kubectl");
  const [name = ""] = args.filter((arg) => !arg.startsWith("-"));
  if (!isPlugin && OF_PLUGIN.includes(name)) {
    return `"${name}" is a command of the plugin for kubectl: kubectl dockerhost ${args.join(" ")}`;
  }
  if (isPlugin && OF_PROGRAM.includes(name))
    return `"${name}" is a command of dockerhost: dockerhost ${args.join(" ")}`;
  if (isPlugin && name === "notify") return NOTIFY;
  if (!isMisplaced) return undefined;
  const command = program.commands.find((each) => each.name() === name || each.alias() === name);
  const [operand] = command?.args ?? [];
  if (command === undefined || operand === undefined) return undefined;
  if (!isPlugin && ["check", "run"].includes(name)) {
    const option = operand.includes("://") ? "--host" : "-f";
    return name === "run" && option === "--host"
      ? undefined
      : `did you mean dockerhost ${name} ${option} ${command.args.join(" ")}?`;
  }
  return isPlugin && command.name() === "list" ? `did you mean kubectl dockerhost status ${operand}?` : undefined;
}
