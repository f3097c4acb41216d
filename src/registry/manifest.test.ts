import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesDigest, parseIndex } from "./manifest.ts";

const digest = (character: string) => `sha256:${character.repeat(64)}`;
const index = (manifests: unknown) => JSON.stringify({ manifests });

describe("parseIndex", () => {
  it("reads digests and platforms, and leaves out what has no digest", () => {
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
    expect(parseIndex(index(children))).toEqual([
      { digest: digest("a"), platform: { os: "linux", architecture: "arm64", variant: "v8" } },
      { digest: digest("b"), platform: { os: "linux", architecture: "amd64" } },
      { digest: digest("c") },
      { digest: digest("d") },
    ]);
  });

  it.each(["", "{", "[]", "null", "{}", index({}), index("x")])("sees no images in %j", (text) => {
    expect(parseIndex(text)).toEqual([]);
  });

  it("reads at most a thousand images, and throws for nothing", () => {
    expect(parseIndex(index(Array(5_000).fill({ digest: digest("a") }))).length).toBe(1_000);
    fc.assert(fc.property(fc.jsonValue(), (value) => void parseIndex(index(value))));
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
