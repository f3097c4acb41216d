import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/support/temp-folder.ts";
import { thirdPartyNotices } from "./notices.ts";

describe("thirdPartyNotices", () => {
  it("has each bundled package once, with the texts of its licence", async () => {
    const root = await temporaryFolder();
    for (const [folder, name] of [
      ["node_modules/b", "b"],
      ["node_modules/b/node_modules/@a/c", "@a/c"],
    ] as const) {
      await mkdir(join(root, folder), { recursive: true });
      await writeFile(join(root, folder, "package.json"), JSON.stringify({ name, version: "1.0.0", license: "MIT" }));
      await writeFile(join(root, folder, "LICENSE.md"), `Copyright of ${name}\n`);
    }
    const inputs = [
      "src/main.ts",
      "node_modules/b/x.js",
      "node_modules/b/lib/y.js",
      "node_modules/b/node_modules/@a/c/z.js",
    ];
    expect(thirdPartyNotices(root, inputs)).toBe(
      `b 1.0.0 (MIT)\n\nCopyright of b\n\n${"-".repeat(80)}\n\n@a/c 1.0.0 (MIT)\n\nCopyright of @a/c\n`,
    );
  });
});
