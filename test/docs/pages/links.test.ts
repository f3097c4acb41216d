import { globSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readPage } from "../runner/page.ts";
import { linksOf, reasonsNamedBy } from "./links.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const pages = globSync(["*.md", "docs/**/*.md", "bench/*.md"], { cwd: ROOT }).sort();

describe("linksOf", () => {
  it("finds links within the project, outside of code", () => {
    const page = "[a](b.md), [c](../d.md#e)\n[f](#g)\n```sh\n[h](i.md)\n```\n`[j](k.md)` [l](https://m.example/)";
    expect(linksOf(page)).toEqual([{ path: "b.md" }, { path: "../d.md", section: "e" }, { path: "", section: "g" }]);
  });
});

describe.each(pages)("%s", (page) => {
  it("links to files and sections that exist", async () => {
    const text = await readFile(join(ROOT, page), "utf8");
    const broken: string[] = [];
    for (const { path, section } of linksOf(text)) {
      const target = path === "" ? page : normalize(join(dirname(page), path));
      const found = await stat(join(ROOT, target)).catch(() => undefined);
      const anchors = section === undefined || found?.isFile() !== true ? undefined : await anchorsOf(target);
      if (found === undefined || anchors?.has(section ?? "") === false) broken.push(`${path}#${section ?? ""}`);
    }
    expect(broken).toEqual([]);
  });

  it("names reasons that exist", async () => {
    const known = await readFile(join(ROOT, "docs/reasons.md"), "utf8");
    const named = reasonsNamedBy(await readFile(join(ROOT, page), "utf8"));
    expect(named.filter((reason) => !known.includes(`| \`${reason}\` |`))).toEqual([]);
  });
});

it("finds the reasons that the tutorial names", async () => {
  expect(reasonsNamedBy(await readFile(join(ROOT, "docs/tutorial.md"), "utf8"))).toContain("ServerNameMismatch");
});

async function anchorsOf(target: string): Promise<ReadonlySet<string>> {
  return (await readPage(join(ROOT, target))).anchors;
}
