import { Readable } from "node:stream";
import type { Command, Option } from "commander";
import type { CliContext } from "../src/cli/context.ts";
import { kubectlProgram } from "../src/cli/kubectl/plugin-program.ts";
import { dockerhostProgram } from "../src/cli/program.ts";
import { systemClock } from "../src/common/clock.ts";
import { cell } from "./markdown.ts";

const INTRODUCTION = `# Commands

Every command and flag of \`dockerhost\` and of its kubectl plugin. Generated from \`src/cli/\` by \`npm run generate\`; do not edit.
The flags of \`dockerhost controller\` and \`dockerhost run\` are also environment variables: see [Flags](flags.md).

In a clone of the repository, run \`npm ci\` and then \`npx dockerhost\`. The container image starts \`dockerhost controller\`; give it
other words to run another command.
`;

/** What the definitions are made with; nothing runs. */
const CONTEXT: CliContext = {
  clock: systemClock,
  random: () => 0,
  stdin: Readable.from([]),
  stdout: { write: () => true },
  stderr: { write: () => true },
  env: {},
  docker: {},
  signal: new AbortController().signal,
  exit: () => {},
};

/** Renders docs/commands.md: the help of every command. */
export function commandsPage(): string {
  const programs = [dockerhostProgram([], CONTEXT, async () => {}), kubectlProgram(CONTEXT, async () => {})];
  return [INTRODUCTION, ...programs.flatMap((program) => commandSections(program, []))].join("\n");
}

function commandSections(command: Command, above: readonly string[]): readonly string[] {
  const names = [...above, command.name()];
  const heading = "#".repeat(Math.min(names.length + 1, 3));
  const below = command.commands.flatMap((each) => commandSections(each, names));
  return [
    `${heading} ${names.join(" ")}\n`,
    `${cell(command.description())}\n`,
    ...(command.commands.length > 0 ? [] : [`\`\`\`text\n${[...names, command.usage()].join(" ")}\n\`\`\`\n`]),
    ...optionTable(command.options.filter(({ hidden, long }) => !hidden && long !== "--version")),
    ...addedHelp(command),
    ...below,
  ];
}

function optionTable(options: readonly Option[]): readonly string[] {
  if (options.length === 0) return [];
  const rows = options.map((option) => `| ${code(option.flags)} | ${cell(meaning(option))} |`);
  return ["| flag | meaning |", "| --- | --- |", ...rows, ""];
}

function meaning({ description, argChoices, defaultValue, defaultValueDescription, negate }: Option): string {
  const choices = argChoices === undefined ? [] : [`one of ${argChoices.join(", ")}`];
  const byDefault = defaultValue === undefined || negate ? [] : [`default ${defaultValueDescription ?? defaultValue}`];
  const notes = [...choices, ...byDefault];
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}

/** What a command adds to its help: examples and exit codes. */
function addedHelp(command: Command): readonly string[] {
  let shown = "";
  command.configureOutput({
    writeOut: (text) => {
      shown += text;
    },
  });
  command.outputHelp();
  const added = shown.slice(command.helpInformation().length).trim();
  return added === "" ? [] : [`\`\`\`text\n${added}\n\`\`\`\n`];
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
