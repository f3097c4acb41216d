import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { ReasonEntry } from "../src/api/reasons/entry.ts";
import { reasons } from "../src/api/reasons.ts";
import { runKubectlPlugin } from "../src/cli/kubectl/program.ts";
import { fakeCli, runCli } from "../test/support/cli.ts";

/** Turns that read as translated, each with what to write instead. Code and quoted output are not prose. */
const PATTERNS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/(?<![Tt]here )\bis no (?!longer|more\b)\w+/, "is not a ..."],
  [/\banew\b/, "again"],
  [
    /\b(?:tells|told|telling) (?:of|what|why|how|whether|which|the|when)\b|\btold of\b|\bis told\b|\bare told\b/,
    "shows, reports, says",
  ],
  [/\bmend(?:s|ed|ing)?\b|\*\*Mend/i, "fix"],
  [/\b[Ww]hoever\b/, "anybody who, a user who"],
  [/\b(?:so long|so many)\b(?! as)(?! that)/, "that long, this many"],
  [/\bever later\b/, "with increasing delay"],
  [/\bhas no address\b|\bno address that can be used\b/, "cannot be resolved"],
  [/\bsound credentials\b/, "valid credentials"],
  [/\b(?:is|are|was|were|being) (?:worked on|looked at)\b/, "processed, checked"],
  [/\b[Ff]ences?\b/, "connection policy"],
  [/\b(?:the|its|no|your|of) rights\b|\bthe right to\b/, "permissions"],
  [/\b(?:what|that|which|it) stands\b|\bstands? (?:in|as|there|before|between|among)\b/, "is listed, is in"],
  [/\b(?:certificate|certificates|CA) (?:that )?ends?\b/, "expires"],
  [/\b(?:proxy|server|nginx) before (?:the|a|it)\b/, "in front of"],
  [/\bbeside (?:the|a|its|our|those|that|Node's)\b/, "in addition to, next to"],
  [/\b(?:is|are|was|does|do|will) of no (?:use|account)\b|\bhas no use with/, "has no effect"],
  [/\bbe it\b|\bshall\b/, "if, should"],
  [/\bmay not be (?:opened|used|read)\b/, "is not permitted to, cannot"],
  [/\bspeaks no\b|\bshares? no\b/, "does not use, have no ... in common"],
  [/\bpicked up at once\b|\bused at once\b|\btaken up at once\b/, "immediately"],
  [/\bby itself alone\b|(?<!let|stand-)\balone(?= (?:is|are|read|by|on)\b)/, "only"],
  [/\blies? ahead\b/, "is in the future"],
  [/\bputs? (?:it|that|them|this) right\b/, "fixes it"],
  [/\bneeds? somebody\b/, "needs attention"],
  [/\b(?:are|is) as before\b/, "did not change"],
  [/\bsays? of (?:each|it|itself|themselves|that)\b/, "says about"],
  [/\b[Hh]owever many\b/, "no matter how many"],
  [/\bis asked on\b|\bpassed over\b|\bheld against\b/, "continues, skipped, checked"],
  [/\bwhere (?:there (?:is|are) (?:none|any)|none is given)\b/, "if there are any, by default"],
];

const ROOT = fileURLToPath(new URL("../", import.meta.url));

const PAGES = [
  "*.md",
  "docs/**/*.md",
  "crds/*.yaml",
  "deploy/**/*.{md,yaml,lua,txt}",
  "deploy/chart/values.schema.json",
]
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .toSorted();

const COMMANDS = [
  ["check"],
  ["run"],
  ["controller"],
  ["manifest"],
  ["manifest", "from-files"],
  ["manifest", "from-context"],
  ["manifest", "from-env"],
  ["manifest", "from-watchtower"],
];

/** The text without code blocks, inline code, and link targets, with one line per paragraph. */
function prose(text: string): string {
  return text
    .replaceAll(/^```[\s\S]*?^```/gm, "")
    .replaceAll(/`[^`\n]*`/g, "``")
    .replaceAll(/\]\([^)]*\)/g, "]")
    .replaceAll(/(\S)\n[ #>]*(?=\S)/g, "$1 ");
}

function found(text: string): string[] {
  const searched = prose(text);
  return PATTERNS.flatMap(([pattern, instead]) =>
    [...searched.matchAll(new RegExp(pattern.source, `g${pattern.flags}`))].map(
      ({ 0: match, index }) =>
        `"${searched.slice(Math.max(0, index - 50), index + match.length + 30)}": write "${instead}"`,
    ),
  );
}

describe("plain English", () => {
  it("is checked where people read", () => {
    expect(PAGES).toEqual(expect.arrayContaining(["README.md", "CHANGELOG.md", "docs/reasons.md", "docs/flags.md"]));
    expect(found("The name is no address,\nand it is worked\non anew.")).toHaveLength(3);
    expect(found("The command `anew` runs.\n```\nanew\n```\n")).toEqual([]);
  });

  it.each(PAGES)("%s", (page) => {
    expect(found(readFileSync(`${ROOT}${page}`, "utf8"))).toEqual([]);
  });

  it.each(COMMANDS)("dockerhost %s %s --help", async (...words) => {
    const { stdout } = await runCli([...words.filter((word) => typeof word === "string"), "--help"]);
    expect(stdout).toContain("Usage:");
    expect(found(stdout)).toEqual([]);
  });

  it.each(["list", "status", "check", "updates", "suspend", "resume", "wait", "doctor"])(
    "kubectl dockerhost %s --help",
    async (command) => {
      const cli = fakeCli();
      await runKubectlPlugin([command, "--help"], cli, "0.0.0");
      expect(cli.stdout.text).toContain("Usage:");
      expect(found(cli.stdout.text)).toEqual([]);
    },
  );

  it.each(Object.entries<ReasonEntry>(reasons))(
    "the texts of %s",
    (_reason, { meaning, cause, fix, fixByFlags = fix }) => {
      expect([meaning, cause, fix, fixByFlags].flatMap(found)).toEqual([]);
      // The advice is part of the message.
      expect([fix, fixByFlags].join(" ")).not.toMatch(/\bthe message\b(?! of each failed item)/);
    },
  );
});
