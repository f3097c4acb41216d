import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** What is wrong with the fenced `yaml` blocks of a page. */
function problemsOf(page: string): readonly string[] {
  return [...page.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```/gm)].flatMap(([, indent = "", text = ""]) =>
    parseAllDocuments(text.replaceAll(new RegExp(`^${indent}`, "gm"), "")).flatMap(({ errors }) =>
      errors.map(({ message }) => message),
    ),
  );
}

describe("YAML in pages", () => {
  it("is found, also within lists", () => {
    expect(
      problemsOf("```yaml\na: [\n```\n- b\n\n  ```yaml\n  c: {d: 1\n  ```\n  ```yaml\n  e: 1\n  ```\n"),
    ).toHaveLength(2);
  });

  it.each(globSync(["*.md", "docs/**/*.md"], { cwd: ROOT }).sort())("%s", async (page) => {
    expect(problemsOf(await readFile(join(ROOT, page), "utf8"))).toEqual([]);
  });
});
