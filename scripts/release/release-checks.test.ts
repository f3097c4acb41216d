import { describe, expect, it } from "vitest";
import { checkRelease, pinnedBase } from "./release-checks.ts";

const state = {
  version: "1.2.3",
  packageVersion: "1.2.3",
  changelog: "# Changelog\n\n## 1.2.3\n",
  changed: false,
  tag: "absent" as const,
  dryRun: false,
};

describe("checkRelease", () => {
  it("accepts a committed version with its changes, and less for a dry run", () => {
    expect(() => checkRelease(state)).not.toThrow();
    expect(() => checkRelease({ ...state, tag: "here" })).not.toThrow();
    expect(() => checkRelease({ ...state, changed: true, changelog: "", dryRun: true })).not.toThrow();
  });

  it.each([
    ["a version with a v", { version: "v1.2.3" }, '"v1.2.3" is not a valid version'],
    ["no version", { version: "" }, '"" is not a valid version'],
    ["another version than the package's", { version: "1.2.4" }, "npm version 1.2.4 --no-git-tag-version"],
    ["changes", { changed: true }, "not committed"],
    ["a version that was released", { tag: "elsewhere" as const }, "The tag v1.2.3 is on another commit"],
    ["an unreleased changelog", { changelog: "# Changelog\n\n## Unreleased\n" }, 'no section "## 1.2.3"'],
  ])("refuses %s", (_what, change, problem) => {
    expect(() => checkRelease({ ...state, ...change })).toThrow(problem);
  });
});

describe("pinnedBase", () => {
  const digest = `sha256:${"a".repeat(64)}`;

  it("is what was given, or what the Dockerfile names", () => {
    expect(pinnedBase(`r.example/node:24@${digest}`, "ARG BASE=other\n")).toBe(`r.example/node:24@${digest}`);
    expect(pinnedBase(undefined, `# x\nARG BASE=r.example/node@${digest}\nFROM x\n`)).toBe(`r.example/node@${digest}`);
  });

  it.each([
    [undefined, "--base r.example/node:24@sha256:..."],
    ["r.example/other", "docker buildx imagetools inspect r.example/other`"],
    ["r.example/other@sha256:abc", "--base r.example/other@sha256:..."],
  ])("refuses %s, and says how to pin it", (given, advice) => {
    expect(() => pinnedBase(given, "ARG BASE=r.example/node:24\n")).toThrow(advice);
  });
});
