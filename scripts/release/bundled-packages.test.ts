import { describe, expect, it } from "vitest";
import { bundledPackages } from "./bundled-packages.ts";

const integrity = `sha512-${Buffer.from("digest").toString("base64")}`;
const lock = {
  packages: {
    "": { version: "1.0.0" },
    "node_modules/a": { version: "1.0.0", integrity, license: "MIT", dependencies: { "@s/b": "1", c: "1", d: "1" } },
    "node_modules/@s/b": { version: "9.0.0", integrity },
    "node_modules/a/node_modules/@s/b": { version: "2.0.0", integrity, optionalDependencies: { c: "1" } },
    "node_modules/c": { version: "3.0.0", integrity },
    "node_modules/d": { version: "4.0.0", integrity },
    "node_modules/unlocked": { version: "1.0.0" },
  },
};
const files = ["src/main.ts", "node_modules/a/x.js", "node_modules/a/node_modules/@s/b/y.js", "node_modules/c/z.js"];

describe("bundledPackages", () => {
  it("has what is in the bundle, with the digests of the lock file", () => {
    const sha512 = Buffer.from("digest").toString("hex");
    expect(bundledPackages(lock, [...files, "node_modules/c/again.js"])).toEqual([
      {
        ...{ name: "a", version: "1.0.0", purl: "pkg:npm/a@1.0.0", license: "MIT", sha512 },
        dependsOn: ["pkg:npm/%40s/b@2.0.0", "pkg:npm/c@3.0.0"],
      },
      {
        ...{ name: "@s/b", version: "2.0.0", purl: "pkg:npm/%40s/b@2.0.0", license: undefined, sha512 },
        dependsOn: ["pkg:npm/c@3.0.0"],
      },
      { name: "c", version: "3.0.0", purl: "pkg:npm/c@3.0.0", license: undefined, sha512, dependsOn: [] },
    ]);
  });

  it.each(["node_modules/unlocked/x.js", "node_modules/unknown/x.js"])("refuses what is not pinned: %s", (file) => {
    expect(() => bundledPackages(lock, [file])).toThrow("package-lock.json has no");
  });
});
