import { dirname, join } from "node:path";
import { outputProblem } from "./expected-output.ts";
import { exportsOf, type Values, withValues } from "./exports.ts";
import { type CommandBlock, type Page, type Place, readPage } from "./page.ts";
import type { Shell } from "./shell.ts";

export interface WalkthroughOptions {
  readonly shells: Readonly<Record<Place, Pick<Shell, "run">>>;
  /** In place of what the first block of each place on a page exports. */
  readonly values: Readonly<Record<Place, Values>>;
  /** Lines that are printed only here, for the places of the test machines. */
  readonly ownLine?: RegExp;
}

/** Does what a page says, from its first block to its last, and holds its output against what the page shows. */
export class Walkthrough {
  readonly #options: WalkthroughOptions;
  /** What pages show, and what this run has instead. */
  readonly #replaced = new Map<string, string>();
  readonly #used = new Set<string>();

  constructor(options: WalkthroughOptions) {
    this.#options = options;
  }

  async follow(path: string): Promise<void> {
    await this.#steps(path, await readPage(path));
    const names = Object.values(this.#options.values).flatMap((values) => Object.keys(values));
    const unknown = names.filter((name) => !this.#used.has(name));
    if (unknown.length > 0) throw new Error(`${path} does not export ${unknown.join(", ")} where it begins`);
  }

  async #steps(path: string, page: Page, section?: string): Promise<void> {
    if (section !== undefined && !page.anchors.has(section)) throw new Error(`${path} has no section #${section}`);
    for (const step of page.steps) {
      if (step.kind === "commands") {
        if (section === undefined || step.section === section) await this.#run(`${path}:${step.line}`, step);
      } else if (section === undefined) {
        const other = join(dirname(path), step.page);
        await this.#steps(other, await readPage(other), step.section);
      }
    }
  }

  async #run(where: string, block: CommandBlock): Promise<void> {
    const output = await this.#options.shells[block.place].run(this.#prepare(block)).catch((cause: Error) => {
      throw new Error(`${where}: ${cause.message}`, { cause });
    });
    if (block.output === undefined) return;
    const { ownLine } = this.#options;
    const shown = output.split("\n").filter((line) => ownLine?.test(line) !== true);
    const problem = outputProblem(block.output, shown.join("\n"), [...this.#replaced]);
    if (problem !== undefined) throw new Error(`${where}: ${problem}`);
  }

  #prepare({ first, text, place }: CommandBlock): string {
    if (!first) return text;
    const values = this.#options.values[place];
    for (const [name, shown] of Object.entries(exportsOf(text))) {
      const value = values[name];
      if (value === undefined) continue;
      this.#used.add(name);
      this.#replaced.set(shown, value);
    }
    return withValues(text, values);
  }
}
