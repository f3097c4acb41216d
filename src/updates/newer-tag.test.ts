import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { Range } from "semver";
import { describe, expect, it } from "vitest";
import { newerTag } from "./newer-tag.ts";
import { compileExpression } from "./patterns.ts";
import type { TagScheme, TagSort } from "./tag-scheme.ts";
import { parseTagVersion } from "./tag-version.ts";

const range = (text: string): TagScheme => ({ kind: "range", range: new Range(text) });

function regex(source: string, sort: TagSort): TagScheme {
  const expression = compileExpression(source);
  if (!expression.ok) throw new Error(expression.failure);
  return { kind: "regex", expression: expression.value, sort };
}

/** `expected`: the tag with its change, or none. */
type Row = readonly [what: string, current: string, tags: string, expected: string | undefined];

function check(scheme: TagScheme, current: string, tags: string, expected: string | undefined): void {
  const found = newerTag(current, tags.split(" "), scheme);
  expect(found === undefined ? undefined : `${found.tag} ${found.change}`).toBe(expected);
}

describe("a newer tag by a range", () => {
  it.each<Row>([
    ["a patch", "1.2.3", "1.2.3 1.2.4", "1.2.4 Patch"],
    ["a minor version", "1.2.3", "1.2.9 1.10.0 1.9.0", "1.10.0 Minor"],
    ["a major version", "1.2.3", "1.2.3 2.0.0 3.1.0", "3.1.0 Major"],
    ["nothing newer", "1.2.3", "1.2.3 1.2.2 0.9.0 latest", undefined],
    ["never a downgrade", "2.0.0", "1.9.9", undefined],
    ["no tags", "1.2.3", "", undefined],

    ["precision of two", "1.2", "1.2 1.3 1.3.0 2", "1.3 Minor"],
    ["precision of one", "1", "1.9 2 2.0", "2 Major"],
    ["precision of three", "1.2.3", "1.3 2", undefined],
    ["four parts are no semantic version", "1.2.3.4", "1.2.3.5", undefined],

    ["a leading v is kept", "v1.2", "1.3 v1.3", "v1.3 Minor"],
    ["no v is added", "1.2", "v1.3", undefined],

    ["a suffix is kept", "1.2-alpine", "1.3 1.3-slim 1.3-alpine 1.4", "1.3-alpine Minor"],
    ["never without its suffix", "1.2-alpine", "1.3", undefined],
    ["a suffix with a number of its own", "1.2-alpine3.20", "1.3-alpine3.21 1.2.1-alpine3.20", undefined],
    ["a suffix with an underscore", "1.2.3_amd64", "1.2.4_amd64 1.2.5", "1.2.4_amd64 Patch"],
    ["a revision is a suffix", "1.2.3-r1", "1.2.4-r0 1.2.4-r1", "1.2.4-r1 Patch"],
    ["a variant that is called dev", "1.2.3-dev", "1.2.4-dev 1.2.5", "1.2.4-dev Patch"],

    ["never a pre-release", "1.2.3", "1.3.0-rc.1 1.3.0-beta 1.3.0rc1 1.3.0-alpha3", undefined],
    ["never a pre-release of the same variant", "1.2-alpine", "1.3-rc-alpine 1.3-rc1-alpine", undefined],
    ["never from one pre-release to another", "1.3.0-rc.1", "1.3.0-rc.2 1.4.0-rc.1", undefined],
    ["from a pre-release to its release", "1.3.0-rc.1", "1.3.0 1.2.9", "1.3.0 Patch"],
    ["a release is newer than its pre-release", "1.3.0", "1.3.0-rc.1", undefined],

    ["years are no versions", "7.2", "2019.4 7.4", "7.4 Minor"],
    ["dates are no versions", "7", "20240101 8", "8 Major"],
    ["what is no version", "latest", "1.2.3 2.0.0", undefined],
    ["a commit is no version", "1a2b3c4", "2a2b3c4 9f3b2c1", undefined],
    ["builds are no years", "1899", "1900 1901", "1901 Major"],
    ["a year does not follow a build", "999", "1000 2024", "1000 Major"],
    ["a date does not follow a build", "9457", "20240115 9458", "9458 Major"],
    ["a date follows a date", "20240115", "83920174 20250101", "20250101 Major"],
    ["a commit without letters", "123456", "1234567 123457", "123457 Major"],
    ["a commit without letters follows none", "1234567", "2345678", undefined],
    ["padded parts are another way to count", "1.2.3", "1.02.11 1.2.4", "1.2.4 Patch"],
    ["padded parts are followed by padded ones", "1.02.11", "1.2.12 1.02.12 1.10.01", "1.10.01 Minor"],
    ["a part of as many digits", "1.09.0", "1.10.0", "1.10.0 Minor"],
    ["numbers that are too long", "1.2.3", `9${"0".repeat(30)}.0.0 1.2.4`, "1.2.4 Patch"],
    ["five parts", "1.2.3", "1.2.4.5.6", undefined],
  ])("%s: %s", (_, current, tags, expected) => check(range("*"), current, tags, expected));

  it.each<readonly [string, string, string, string | undefined]>([
    ["^1.2", "1.2.3", "1.9.0 2.0.0", "1.9.0 Minor"],
    ["~1.2", "1.2.3", "1.2.9 1.3.0", "1.2.9 Patch"],
    ["^1.2", "1.2", "1.3 1.10 2.0", "1.10 Minor"],
    [">=3", "1.2.3", "2.0.0 3.0.0", "3.0.0 Major"],
    ["^1", "2.0.0", "1.9.0", undefined],
    [">=1.3.0-rc.1", "1.2.3", "1.3.0-rc.2 1.4.0-rc.1", "1.3.0-rc.2 Minor"],
    [">=1.3.0-0", "1.3.0-rc9", "1.3.0-rc10 1.3.0-beta11", "1.3.0-rc10 Patch"],
  ])("%s, from %s", (text, current, tags, expected) => {
    const scheme = range(text);
    check(scheme, current, tags, expected);
  });
});

describe("a newer tag by an expression", () => {
  it.each<readonly [string, TagSort, string, string, string | undefined]>([
    ["1\\..*", "SemVer", "1.2.3", "1.3.0 2.0.0", "1.3.0 Minor"],
    [".*", "SemVer", "1.2.3", "1.3.0-rc1 1.2.4", "1.2.4 Patch"],
    [".*", "SemVer", "1.2.3.4", "1.2.3.10", "1.2.3.10 Patch"],
    ["release-(.*)", "SemVer", "release-1.2", "release-1.3 1.4 release-1.3.1", "release-1.3 Minor"],
    ["(.*)-[a-z]+", "SemVer", "1.2-alpine", "1.3-slim 1.3-alpine", "1.3-alpine Minor"],
    // The tag that runs is not one of those that are meant.
    ["2\\..*", "SemVer", "1.2.3", "2.0.0", undefined],

    [".*", "CalVer", "2024.01.15", "2024.02.01 2023.12.31 2024.02", "2024.02.01 Minor"],
    [".*", "CalVer", "2024-01-15", "2024-01-16 2024.02.01", "2024-01-16 Patch"],
    [".*", "CalVer", "20240115", "20250101 20240116", "20250101 Major"],
    [".*", "CalVer", "20240115", "20240116", "20240116 Patch"],
    [".*", "CalVer", "24.04", "24.10 2025.01 26.04", "26.04 Major"],
    [".*", "CalVer", "24.04-slim", "24.10 24.10-slim", "24.10-slim Minor"],
    [
      "RELEASE\\.(\\d{4}-\\d\\d-\\d\\d)T.*",
      "CalVer",
      "RELEASE.2024-01-01T00Z",
      "RELEASE.2024-03-01T00Z",
      "RELEASE.2024-03-01T00Z Minor",
    ],

    ["build-(\\d+)", "Numerical", "build-9", "build-10 build-8", "build-10 Major"],
    ["(\\d+)-[a-z]+", "Numerical", "9-arm", "10-x 10-arm", "10-arm Major"],
    ["(\\d+)-[a-z]+", "Numerical", "9-arm", "10-arm 11-x", "11-x Major"],
    ["\\d+", "Numerical", "9", "10 x", "10 Major"],
    [".*", "Numerical", "9", "10-rc", undefined],

    // The parts of what is sorted are compared one by one.
    [".*", "Numerical", "20260115.12", "20260115.9 20260115.2 20260114.99", undefined],
    [".*", "Numerical", "20260115.9", "20260115.12", "20260115.12 Patch"],
    [".*", "Numerical", "1.2.9", "1.2.10 1.2.8 1.1.99", "1.2.10 Patch"],
    [".*", "Numerical", "9", "9.0 8.5", undefined],
    [".*", "Numerical", "9", "9.1", "9.1 Minor"],
    ["stable-(\\d+-\\d+)", "Numerical", "stable-9457-2", "stable-9457-10 stable-9457", "stable-9457-10 Minor"],

    // The text around the group may differ.
    ["main-[a-f0-9]+-(\\d+)", "Numerical", "main-bbbbbbb-4", "main-aaaaaaa-2 main-ccccccc-5", "main-ccccccc-5 Major"],
    ["main-[a-f0-9]+-(\\d+)", "Numerical", "main-bbbbbbb-5", "main-aaaaaaa-2 main-ccccccc-5", undefined],
    [
      "^main-[a-f0-9]+-(?P<ts>[0-9]+)",
      "Numerical",
      "main-3a5c1f2-1705312345",
      "main-f00ba12-1705398745 main-latest main-0000000-1705000000",
      "main-f00ba12-1705398745 Major",
    ],
    [
      "(\\d+\\.\\d+\\.\\d+\\.\\d+)-ls\\d+",
      "SemVer",
      "4.0.9.1491-ls235",
      "4.0.8.1000-ls240 4.0.10.2544-ls242 4.0.10.2544-ls250 latest",
      "4.0.10.2544-ls250 Patch",
    ],
    [".*-ls(\\d+)", "Numerical", "4.0.9.1491-ls235", "4.0.9.1491-ls236 4.0.9.1491-ls99", "4.0.9.1491-ls236 Major"],
    [
      "(.*)-[0-9a-f]{9}",
      "SemVer",
      "1.22.3.4392-d7c624def",
      "1.40.0.7998-c29d4c0c8 1.9.0.1-aaaaaaaaa",
      "1.40.0.7998-c29d4c0c8 Minor",
    ],
    [
      "(\\d+\\.\\d+\\.\\d+)-debian-\\d+-r\\d+",
      "SemVer",
      "17.2.0-debian-12-r3",
      "17.2.0-debian-12-r9 17.3.0-debian-12-r9 17.3.0-debian-12-r10 16.9.0-debian-12-r50",
      "17.3.0-debian-12-r10 Minor",
    ],
    ["(\\d+\\.\\d+)-alpine.*", "SemVer", "1.25-alpine3.18", "1.27-alpine3.20 1.27-alpine3.19", "1.27-alpine3.20 Minor"],
    ["(\\d+\\.\\d+)-alpine.*", "SemVer", "1.25-alpine3.18", "1.27-alpine3.19 1.27-alpine3.18", "1.27-alpine3.18 Minor"],
    ["(\\d+\\.\\d+)-.*", "SemVer", "1.25-alpine3.18", "1.27-rc1-alpine3.20 1.27-rc-alpine", undefined],
    ["(\\d+\\.\\d+)-.*", "SemVer", "1.25-nightly.4", "1.26-rc1 1.26-nightly.1", "1.26-nightly.1 Minor"],
    [
      "RELEASE\\.(.*)Z",
      "CalVer",
      "RELEASE.2025-01-20T14-49-07Z",
      "RELEASE.2025-01-20T14-49-08Z RELEASE.2024-12-18T13-15-44Z RELEASE.2025-02-03T21-03-04Z.hotfix.1",
      "RELEASE.2025-01-20T14-49-08Z Patch",
    ],
    [
      "RELEASE\\.(\\d{4}-\\d\\d-\\d\\d)T.*",
      "CalVer",
      "RELEASE.2025-01-20T14-49-07Z",
      "RELEASE.2025-02-03T21-03-04Z RELEASE.2024-12-18T13-15-44Z",
      "RELEASE.2025-02-03T21-03-04Z Minor",
    ],
    ["stable-(\\d+).*", "Numerical", "stable-9457-2", "stable-10008 stable-9823-1", "stable-10008 Major"],
    ["v?(.*)", "SemVer", "1.2.3", "v1.2.4", "v1.2.4 Patch"],
    [".*", "CalVer", "20250120T144907Z", "20250120T144906Z 20250121T000000Z", "20250121T000000Z Patch"],
    [".*", "CalVer", "20240115", "83920174", undefined],

    ["[a-z]+", "Alphabetical", "bookworm", "trixie bullseye", "trixie Major"],
    ["([a-z]+)-slim", "Alphabetical", "bookworm-slim", "trixie trixie-slim", "trixie-slim Major"],
  ])("%s sorted by %s, from %s", (source, sort, current, tags, expected) => {
    check(regex(source, sort), current, tags, expected);
  });
});

describe("the rules that the documentation recommends", async () => {
  const page = await readFile(new URL("../../docs/updates.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([^`]+)`.* \| `regex: "([^"]+)"`, `sort: (\w+)` \|$/gm)];
  const NEXT: Readonly<Record<string, string>> = {
    "main-3a5c1f2-1705312345": "main-f00ba12-1705398745",
    "4.0.9.1491-ls235": "4.0.10.2544-ls250",
    "17.2.0-debian-12-r3": "17.3.0-debian-12-r0",
    "1.25-alpine3.18": "1.27-alpine3.20",
    "RELEASE.2025-01-20T14-49-07Z": "RELEASE.2025-02-03T21-03-04Z",
    "stable-9457-2": "stable-10008",
  };

  it("are all of these", () => expect(rows.map(([, tag]) => tag)).toEqual(Object.keys(NEXT)));

  it.each(rows.map(([, tag = "", source = "", sort = ""]) => [tag, source, sort] as const))(
    "%s",
    (tag, source, sort) => {
      const next = NEXT[tag] ?? "";
      const scheme = regex(source, sort as TagSort);
      expect(newerTag(tag, [tag, next, "latest"], scheme)?.tag).toBe(next);
      expect(newerTag(next, [tag, next, "latest"], scheme)).toBeUndefined();
    },
  );
});

describe("whatever the tags are", () => {
  const number = fc.nat({ max: 30 });
  const version = fc
    .record({
      v: fc.constantFrom("", "v"),
      numbers: fc.array(number, { minLength: 1, maxLength: 4 }),
      pre: fc.constantFrom("", "", "-rc.1", "-beta2", "rc3"),
      suffix: fc.constantFrom("", "-alpine", "-slim", "_x"),
    })
    .map(({ v, numbers, pre, suffix }) => v + numbers.join(".") + pre + suffix);
  const anything = fc.oneof(version, version, fc.string({ maxLength: 20 }));
  const schemes = ["*", "^1", "~2.3", ">=1.2.3-rc.1"].map(range);
  const sorts = (["SemVer", "CalVer"] as const).map((sort) => regex(".*", sort));

  it("a newer one keeps prefix, suffix and precision, is in the list, and is not a downgrade", () => {
    fc.assert(
      fc.property(anything, fc.array(anything), fc.constantFrom(...schemes, ...sorts), (current, tags, scheme) => {
        const found = newerTag(current, tags, scheme);
        if (found === undefined) return;
        const [from, to] = [current, found.tag].map((tag) => parseTagVersion(tag, true));
        expect(tags).toContain(found.tag);
        expect([to?.prefix, to?.suffix, to?.separators]).toEqual([from?.prefix, from?.suffix, from?.separators]);
        expect(newerTag(found.tag, [current], scheme), "and back").toBeUndefined();
        expect(newerTag(found.tag, tags, scheme), "and on").toBeUndefined();
      }),
    );
  });

  const digits = fc.oneof(
    number.map(String),
    fc.nat({ max: 99 }).map((n) => `${n}`.padStart(2, "0")),
    fc.constantFrom("1899", "1900", "1901", "2024", "20240115", "20241231", "1234567"),
  );
  const dotted = fc.array(digits, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
  const around = fc.tuple(
    fc.stringMatching(/^[a-f0-9]{1,7}$/),
    dotted,
    fc.constantFrom("", "-alpine3.18", "-ls23", "-r1"),
  );

  it.each(["SemVer", "CalVer", "Numerical"] as const)("sorted by %s, none is older, part by part", (sort) => {
    const scheme = regex("[a-f0-9]+_([0-9.]+)(?:-.*)?", sort);
    const groups = (tag: string) => (/_([0-9.]+)/.exec(tag)?.[1] ?? "").split(".").map(BigInt);
    const tag = around.map(([before, inside, after]) => `${before}_${inside}${after}`);
    fc.assert(
      fc.property(tag, fc.array(tag), (current, tags) => {
        const found = newerTag(current, tags, scheme);
        if (found === undefined) return;
        const [from, to] = [groups(current), groups(found.tag)];
        const length = Math.max(from.length, to.length);
        const differs = Array.from({ length }, (_, i) => i).find((i) => (from[i] ?? 0n) !== (to[i] ?? 0n)) ?? -1;
        expect(differs, `${found.tag} is ${current} again`).toBeGreaterThanOrEqual(0);
        expect((to[differs] ?? 0n) > (from[differs] ?? 0n), `${found.tag} is older than ${current}`).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("the same one is found in whatever order they are listed", () => {
    const tag = around.map(([before, inside, after]) => `${before}_${inside}${after}`);
    fc.assert(
      fc.property(tag, fc.array(tag), fc.constantFrom("SemVer", "CalVer", "Numerical"), (current, tags, sort) => {
        const scheme = regex("[a-f0-9]+_([0-9.]+)(?:-.*)?", sort);
        expect(newerTag(current, tags.toReversed(), scheme)).toEqual(newerTag(current, tags, scheme));
      }),
    );
  });

  it("none is a pre-release where the range asks for none", () => {
    fc.assert(
      fc.property(version, fc.array(version), (current, tags) => {
        const found = newerTag(current, tags, range("*"));
        return found === undefined || parseTagVersion(found.tag)?.prerelease === "";
      }),
    );
  });
});
