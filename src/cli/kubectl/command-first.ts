import type { Command } from "commander";

/**
 * Moves flags in front of the command behind it, since kubectl accepts them in both places: `-n fleet list` becomes
 * `list -n fleet`. Without a command, the arguments stay as they are.
 */
export function commandFirst(program: Command, args: readonly string[]): readonly string[] {
  let at = 0;
  while (args[at]?.startsWith("-") === true && args[at] !== "--") at += takesNext(program, args[at] ?? "") ? 2 : 1;
  const command = args[at];
  const isCommand = program.commands.some((each) => each.name() === command || each.aliases().includes(command ?? ""));
  if (at === 0 || command === undefined || !isCommand) return args;
  return [command, ...args.slice(0, at), ...args.slice(at + 1)];
}

/** Whether the value of a flag is the next argument. A flag has the same form in all commands. */
function takesNext(program: Command, flag: string): boolean {
  const options = program.commands.flatMap((command) => command.options);
  return options.some(({ short, long, required }) => required && (flag === short || flag === long));
}
