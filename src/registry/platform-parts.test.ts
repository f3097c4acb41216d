import { describe, expect, it } from "vitest";
import type { Platform } from "../common/platform.ts";
import { partsFor } from "./platform-parts.ts";

/** `linux/arm/v7`, `windows/amd64 10.0.17763.1`, or nothing. */
function platform(text: string): Platform | undefined {
  const [names = "", osVersion] = text.split(" ");
  const [os = "", architecture = "", variant] = names.split("/");
  if (os === "") return undefined;
  return { os, architecture, ...(variant !== undefined && { variant }), ...(osVersion !== undefined && { osVersion }) };
}

/** Which of the index's parts a pull may choose. */
function choose(wanted: string, ...index: readonly string[]): readonly string[] {
  const children = index.map((text) => {
    const own = platform(text);
    return { digest: text, ...(own !== undefined && { platform: own }) };
  });
  return partsFor(children, platform(wanted) ?? { os: "", architecture: "" }).map(({ digest }) => digest);
}

const ARM = ["linux/arm/v5", "linux/arm/v7", "linux/arm/v6", "linux/arm64/v8", "linux/amd64"];

describe("the parts of an index that a pull may choose", () => {
  it.each([
    ["the variant itself", "linux/arm/v7", ARM, ["linux/arm/v7"]],
    ["a variant that is not the first", "linux/arm/v6", ARM, ["linux/arm/v6"]],
    ["the best variant below", "linux/arm/v7", ["linux/arm/v5", "linux/arm/v6"], ["linux/arm/v6"]],
    ["none above", "linux/arm/v6", ["linux/arm/v7"], []],
    ["a variant in another spelling", "linux/arm/7", ["linux/arm/v6", "linux/arm/v7"], ["linux/arm/v7"]],
    ["v7 where an index leaves it out", "linux/arm/v7", ["linux/arm/v6", "linux/arm"], ["linux/arm"]],
    ["v8 where an image leaves it out", "linux/arm64", ["linux/arm64/v9", "linux/arm64/v8"], ["linux/arm64/v8"]],
    ["v8 where an index leaves it out", "linux/arm64/v8", ["linux/arm64", "linux/amd64"], ["linux/arm64"]],
    [
      "each variant where an image leaves it out",
      "linux/amd64",
      ["linux/amd64", "linux/amd64/v2"],
      ["linux/amd64", "linux/amd64/v2"],
    ],
    ["amd64 by its level", "linux/amd64/v3", ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], ["linux/amd64/v2"]],
    ["amd64 without level as the first", "linux/amd64/v1", ["linux/amd64/v2", "linux/amd64"], ["linux/amd64"]],
    ["a variant that is not a number", "linux/mips64le/hardfloat", ["linux/mips64le/softfloat"], []],
    ["names of the kernel", "linux/aarch64", ["linux/arm64/v8"], ["linux/arm64/v8"]],
    ["386 on amd64 where there is nothing else", "linux/amd64", ["linux/arm64", "linux/386"], ["linux/386"]],
    ["never an attestation", "linux/amd64", ["unknown/unknown"], []],
    ["nothing for another system", "linux/amd64", ["windows/amd64 10.0.17763.1"], []],
    ["what names no platform, where nothing else fits", "linux/amd64", ["linux/arm64", ""], [""]],
    ["not what names none, where something fits", "linux/amd64", ["", "linux/amd64"], ["linux/amd64"]],
    [
      "the build of Windows",
      "windows/amd64 10.0.17763.5",
      ["windows/amd64 10.0.20348.9", "windows/amd64 10.0.17763.7"],
      ["windows/amd64 10.0.17763.7"],
    ],
    [
      "its latest revision",
      "windows/amd64 10.0.17763.5",
      ["windows/amd64 10.0.17763.70", "windows/amd64 10.0.17763.9"],
      ["windows/amd64 10.0.17763.70"],
    ],
    ["no other build", "windows/amd64 10.0.17763.5", ["windows/amd64 10.0.20348.9"], []],
    ["any build where the index names none", "windows/amd64 10.0.17763.5", ["windows/amd64"], ["windows/amd64"]],
  ])("are %s", (_, wanted, index, expected) => {
    expect(choose(wanted, ...index)).toEqual(expected);
  });
});
