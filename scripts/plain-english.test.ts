import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { ReasonEntry } from "../src/api/reasons/entry.ts";
import { reasons } from "../src/api/reasons.ts";
import { runKubectlPlugin } from "../src/cli/kubectl/plugin-program.ts";
import { fakeCli, runCli } from "../test/support/cli.ts";
import { SOURCE_PATTERNS, sourceProse, translatedTurns } from "./plain-english.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

const PAGES = [
  "*.md",
  "docs/**/*.md",
  "bench/*.md",
  "test/conformance/*.md",
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

const SOURCES = globSync("{src,test,bench,demo,scripts,bin}/**/*.ts", { cwd: ROOT }).toSorted();

describe("plain English", () => {
  it("is checked where people read", () => {
    expect(PAGES).toEqual(expect.arrayContaining(["README.md", "CHANGELOG.md", "docs/reasons.md", "docs/flags.md"]));
    expect(translatedTurns("The name is no address,\nand it is worked\non anew.")).toHaveLength(3);
    expect(sourceProse('/** Ends\n * here. */\n// and\n// there\nit("works", () => {}); // too')).toEqual([
      "/** Ends here. */",
      "// and there",
      "// too",
      "works",
    ]);
    expect(translatedTurns("The command `anew` runs.\n```\nanew\n```\n")).toEqual([]);
  });

  it.each([
    ["It then uses plaintext without a word.", "It prints the page without a word of advice."],
    ["It goes into no status and no event.", "It goes into the status."],
    ["The variables are taken away.", "The variables are taken from the pod."],
    ["Replace a container by the same one.", "Replace a container with the same one."],
    ["It waits for ever.", "It waits forever."],
    ["PATH is the socket; not given, the default is used.", "A flag that is not given, or is empty, has no effect."],
    ["Its annotation works all the same: set it.", "Their digests are all the same version."],
  ])("rejects %j, but not %j", (rejected, allowed) => {
    expect(translatedTurns(rejected)).toHaveLength(1);
    expect(translatedTurns(allowed)).toEqual([]);
  });

  it.each(PAGES)("%s", (page) => {
    expect(translatedTurns(readFileSync(`${ROOT}${page}`, "utf8"))).toEqual([]);
  });

  it("comments and titles of tests", () => {
    const found = SOURCES.flatMap((file) =>
      sourceProse(readFileSync(`${ROOT}${file}`, "utf8"))
        .flatMap((text) => translatedTurns(text, SOURCE_PATTERNS))
        .map((turn) => `${file}: ${turn}`),
    );
    expect(found).toEqual([]);
  });

  it.each(COMMANDS)("dockerhost %s %s --help", async (...words) => {
    const { stdout } = await runCli([...words.filter((word) => typeof word === "string"), "--help"]);
    expect(stdout).toContain("Usage:");
    expect(translatedTurns(stdout)).toEqual([]);
  });

  it.each(["list", "status", "check", "updates", "suspend", "resume", "wait", "doctor"])(
    "kubectl dockerhost %s --help",
    async (command) => {
      const cli = fakeCli();
      await runKubectlPlugin([command, "--help"], cli, "0.0.0");
      expect(cli.stdout.text).toContain("Usage:");
      expect(translatedTurns(cli.stdout.text)).toEqual([]);
    },
  );

  it.each(Object.entries<ReasonEntry>(reasons))(
    "the texts of %s",
    (_reason, { meaning, cause, fix, fixByFlags = fix }) => {
      expect([meaning, cause, fix, fixByFlags].flatMap((text) => translatedTurns(text))).toEqual([]);
      // The advice is part of the message.
      expect([fix, fixByFlags].join(" ")).not.toMatch(/\bthe message\b(?! of each failed item)/);
    },
  );
});
