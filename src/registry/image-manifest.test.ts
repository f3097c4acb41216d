import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesDigest, parseManifest } from "./image-manifest.ts";

const digest = (character: string) => `sha256:${character.repeat(64)}`;
const index = (manifests: unknown) => JSON.stringify({ manifests });

describe("parseManifest", () => {
  it("reads digests and platforms, and leaves out entries without a digest", () => {
    const children = [
      { digest: digest("a"), platform: { os: "linux", architecture: "arm64", variant: "v8", "os.version": "x" } },
      { digest: digest("b"), platform: { os: "linux", architecture: "amd64", variant: "" } },
      { digest: digest("c"), platform: { os: 1 } },
      { digest: digest("d") },
      { digest: "sha256:short" },
      { platform: { os: "linux", architecture: "amd64" } },
      null,
      "text",
    ];
    expect(parseManifest(index(children)).children).toEqual([
      { digest: digest("a"), platform: { os: "linux", architecture: "arm64", variant: "v8", osVersion: "x" } },
      { digest: digest("b"), platform: { os: "linux", architecture: "amd64" } },
      { digest: digest("c") },
      { digest: digest("d") },
    ]);
  });

  it.each(["", "{", "[]", "null", "{}", index({}), index("x")])("sees no images in %j", (text) => {
    expect(parseManifest(text)).toEqual({ children: [] });
  });

  it("reads the digest of a single image's configuration", () => {
    const read = (config: unknown) => parseManifest(JSON.stringify({ config }));
    expect(read({ digest: digest("c") })).toEqual({ children: [], config: digest("c") });
    for (const config of [{ digest: "sha256:short" }, { digest: 1 }, [], null, digest("c")]) {
      expect(read(config)).toEqual({ children: [] });
    }
  });

  it.each(["os", "architecture", "variant", "os.version"])("keeps no platform with a %s of any length", (name) => {
    const platform = { os: "linux", architecture: "amd64", [name]: "x".repeat(3_900_000) };
    const { children } = parseManifest(index([{ digest: digest("a"), platform }]));
    expect(children).toEqual([{ digest: digest("a") }]);
  });

  it("reads at most a thousand images, and throws for nothing", () => {
    expect(parseManifest(index(Array(5_000).fill({ digest: digest("a") }))).children.length).toBe(1_000);
    fc.assert(fc.property(fc.jsonValue(), (value) => void parseManifest(index(value))));
  });
});

describe("matchesDigest", () => {
  it("knows every algorithm of the grammar", () => {
    const body = Buffer.from("x");
    expect(matchesDigest(body, "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")).toBe(true);
    expect(matchesDigest(body, `sha256:${"a".repeat(64)}`)).toBe(false);
    expect(matchesDigest(body, `sha512:${"a".repeat(128)}`)).toBe(false);
    expect(matchesDigest(body, `sha384:${"a".repeat(96)}`)).toBe(false);
  });
});
