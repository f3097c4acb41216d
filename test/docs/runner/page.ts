import { readFile } from "node:fs/promises";

/** Where a block's commands are meant to run: at the reader's own machine, or on the Docker machine. */
export type Place = "reader" | "on-host";

/** A fenced `sh` block of a page. */
export interface CommandBlock {
  readonly kind: "commands";
  readonly place: Place;
  readonly text: string;
  readonly line: number;
  /** The first block of its place on the page may set variables that differ from reader to reader. */
  readonly first: boolean;
  /** The fenced `text` block that follows it directly: what it prints. */
  readonly output?: string;
  /** The heading above it, as GitHub's anchors name it. */
  readonly section: string;
}

/** `<!-- run: OTHER.md#section -->`: the reader is sent to that section of another page, and comes back. */
export interface Detour {
  readonly kind: "detour";
  /** Path of the page, relative to this one. */
  readonly page: string;
  readonly section: string;
  readonly line: number;
}

export type Step = CommandBlock | Detour;

export interface Page {
  readonly steps: readonly Step[];
  readonly anchors: ReadonlySet<string>;
}

interface Fence {
  readonly indent: number;
  readonly info: readonly string[];
  readonly line: number;
  readonly lines: string[];
}

export async function readPage(path: string): Promise<Page> {
  return parsePage(await readFile(path, "utf8"));
}

/** Headings, fenced blocks and detours, in order; everything else is for people. */
export function parsePage(markdown: string): Page {
  const steps: Step[] = [];
  const anchors = new Set<string>();
  let section = "";
  let fence: Fence | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const mark = /^( *)```(.*)$/.exec(line);
    if (fence !== undefined) {
      if (mark?.[2]?.trim() === "") {
        addBlock(steps, fence, section);
        fence = undefined;
      } else {
        fence.lines.push(line.slice(Math.min(fence.indent, line.length - line.trimStart().length)));
      }
    } else if (mark !== null) {
      const info = (mark[2] ?? "").trim().split(/\s+/);
      fence = { indent: mark[1]?.length ?? 0, info, line: index + 1, lines: [] };
    } else {
      const heading = /^#{1,6} +(.*)$/.exec(line)?.[1];
      if (heading !== undefined) {
        section = anchorOf(heading, anchors);
        anchors.add(section);
      }
      const [, page, target] = /^<!-- run: ([^#\s]+)#(\S+) -->$/.exec(line) ?? [];
      if (page !== undefined && target !== undefined) {
        steps.push({ kind: "detour", page, section: target, line: index + 1 });
      }
    }
  }
  if (fence !== undefined) throw new Error(`the block that begins in line ${fence.line} has no end`);
  return { steps, anchors };
}

function addBlock(steps: Step[], { info, line, lines }: Fence, section: string): void {
  const text = `${lines.join("\n")}\n`;
  const [language, ...flags] = info;
  if (language === "sh") {
    const place: Place = flags.includes("on-host") ? "on-host" : "reader";
    const first = !steps.some((step) => step.kind === "commands" && step.place === place);
    steps.push({ kind: "commands", place, text, line, first, section });
  }
  const last = steps.at(-1);
  if (language === "text" && last?.kind === "commands" && last.output === undefined && last.section === section) {
    steps[steps.length - 1] = { ...last, output: text };
  }
}

/** As GitHub makes it: lower case, without punctuation, a number where it was there before. */
function anchorOf(heading: string, taken: ReadonlySet<string>): string {
  const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  const anchor = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
  let unique = anchor;
  for (let count = 1; taken.has(unique); count++) unique = `${anchor}-${count}`;
  return unique;
}
