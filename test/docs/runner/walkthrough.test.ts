import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../support/temp-folder.ts";
import type { Values } from "./exports.ts";
import { Walkthrough } from "./walkthrough.ts";

interface Situation {
  readonly pages: Readonly<Record<string, string>>;
  readonly reader?: Values;
  readonly onHost?: Values;
  /** What every block prints. */
  readonly prints?: string;
  readonly ownLine?: RegExp;
}

/** Follows index.md with shells that note what they are given. */
async function follow({ pages, reader = {}, onHost = {}, prints = "", ownLine }: Situation): Promise<string[]> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "sub"));
  for (const [name, text] of Object.entries(pages)) await writeFile(join(folder, name), text);
  const given: string[] = [];
  const shell = (name: string) => ({
    run: async (block: string) => {
      given.push(`${name}: ${block.trim()}`);
      return prints;
    },
  });
  const walkthrough = new Walkthrough({
    shells: { reader: shell("reader"), "on-host": shell("on-host") },
    values: { reader, "on-host": onHost },
    ...(ownLine === undefined ? {} : { ownLine }),
  });
  await walkthrough.follow(join(folder, "index.md"));
  return given;
}

describe("a walkthrough", () => {
  it("gives each block to the shell of its place, in the page's order", async () => {
    const page = "```sh\none\n```\n```sh on-host\ntwo\n```\n```sh\nthree\n```\n";
    expect(await follow({ pages: { "index.md": page } })).toEqual(["reader: one", "on-host: two", "reader: three"]);
  });

  it("changes what the first block of each place exports, and no later block", async () => {
    const page =
      "```sh\nexport A=1\n```\n```sh\nexport A=2\n```\n```sh on-host\nexport B=1\n```\n```sh on-host\nexport B=2\n```\n";
    expect(await follow({ pages: { "index.md": page }, reader: { A: "x" }, onHost: { B: "y" } })).toEqual([
      "reader: export A='x'",
      "reader: export A=2",
      "on-host: export B='y'",
      "on-host: export B=2",
    ]);
  });

  it("fails where the page does not export a variable that the run must set", async () => {
    const page = "```sh\nexport A=1\n```\n";
    await expect(follow({ pages: { "index.md": page }, reader: { B: "x" } })).rejects.toThrow("does not export B");
  });

  it("fails where the page shows another output than there was, and says where", async () => {
    const page = "```sh\nexport HOST=edge-7\n```\n\n```sh\none\n```\n```text\nedge-7: OK\n```\n";
    const situation = { pages: { "index.md": page }, reader: { HOST: "localhost" } };
    await expect(follow({ ...situation, prints: "localhost: OK" })).resolves.toHaveLength(2);
    await expect(follow({ ...situation, prints: "localhost: no" })).rejects.toThrow(/index\.md:5: the page shows/);
  });

  it("makes a detour to one section of another page, whose values count there", async () => {
    const index = "```sh\none\n```\n<!-- run: sub/other.md#there -->\n```sh\ntwo\n```\n";
    const other = "```sh\nno\n```\n# There\n```sh on-host\nexport DIR=/etc\n```\n# After\n```sh\nno\n```\n";
    const pages = { "index.md": index, "sub/other.md": other };
    expect(await follow({ pages, onHost: { DIR: "/tmp" } })).toEqual([
      "reader: one",
      "on-host: export DIR='/tmp'",
      "reader: two",
    ]);
  });

  it("fails where the other page has no such section", async () => {
    const pages = { "index.md": "<!-- run: sub/other.md#there -->\n", "sub/other.md": "# Elsewhere\n" };
    await expect(follow({ pages })).rejects.toThrow("has no section #there");
  });

  it("leaves out lines that are printed only here, and no others", async () => {
    const pages = { "index.md": "```sh\none\n```\n```text\ndone\n```\n" };
    const ownLine = /^Warning: loopback/;
    await follow({ pages, ownLine, prints: "Warning: loopback\ndone\n" });
    await expect(follow({ pages, ownLine, prints: "Warning: other\ndone\n" })).rejects.toThrow("Warning: other");
  });
});
