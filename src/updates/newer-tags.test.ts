import { describe, expect, it } from "vitest";
import { advised, failed, type Outcome } from "../api/failure.ts";
import type { TagRuleSpec } from "../api/update-check.ts";
import { success } from "../common/result.ts";
import { WorkSlices } from "../common/work-slices.ts";
import type { TagList } from "../registry/tag-list.ts";
import { type JudgedContainer, report } from "./check-report.ts";
import type { Verdict } from "./judgement.ts";
import { type NewerTagSearch, withNewerTags } from "./newer-tags.ts";
import { PatternCompiler } from "./patterns.ts";
import { summarize } from "./summary.ts";
import { compileTagRules, type TagSchemeOf } from "./tag-rules.ts";

const { signal } = new AbortController();
const judged = (name: string, image: string, verdict: Verdict = "UpToDate"): JudgedContainer => ({
  container: { id: name, name, image, imageId: "", state: "running", labels: {} },
  judgement: { verdict, ...(verdict === "Failed" && { failure: { reason: "RegistryUnreachable", message: "down" } }) },
});

function schemeOf(rules: readonly TagRuleSpec[]): TagSchemeOf {
  const compiled = compileTagRules(rules, new PatternCompiler(new WorkSlices(signal)));
  return async (image) => {
    const compiledRules = await compiled;
    if (!compiledRules.ok) throw new Error(compiledRules.failure.message);
    return await compiledRules.value(image);
  };
}

/** A registry that has these tags by repository, and remembers for which it was asked. */
function searchIn(lists: Readonly<Record<string, Outcome<TagList>>>, before: NewerTagSearch["before"] = []) {
  const rules: readonly TagRuleSpec[] = [
    { images: ["team/app"], semver: "^1" },
    { images: ["team/.*"], regex: ".*", sort: "CalVer" },
  ];
  const asked: string[] = [];
  const search: NewerTagSearch = {
    schemeOf: schemeOf(rules),
    slices: new WorkSlices(signal),
    before,
    async listTags({ path }) {
      asked.push(path);
      return lists[path] ?? failed("ImageNotFound", "not there");
    },
  };
  return { asked, search };
}

const tags = (...list: string[]): Outcome<TagList> => success({ tags: list, truncated: false });
const found = (list: readonly JudgedContainer[]) =>
  list.map(({ container, judgement }) => [container.name, judgement.newerTag?.tag, judgement.tagFailure?.reason]);

describe("newer tags of containers", () => {
  it("come from one list for each repository, by the first rule that matches, and change no verdict", async () => {
    const { asked, search } = searchIn({
      "team/app": tags("1.1", "1.2", "2.0"),
      "team/db": tags("2024.01", "2024.02"),
    });
    const all = [
      judged("a", "team/app:1.1"),
      judged("b", "docker.io/team/app:1.1", "Outdated"),
      judged("c", "team/app:1.2"),
      judged("d", "team/db:2024.01", "RestartPending"),
      judged("e", "team/db", "TooYoung"),
      judged("other", "nginx:1.1"),
      judged("own", "team/app:1.1", "LocalImage"),
      judged("left out", "team/app:1.1", "Excluded"),
      judged("pinned", `team/app@sha256:${"a".repeat(64)}`, "Pinned"),
    ];
    const result = await withNewerTags(all, search, signal);
    expect(found(result).filter(([, tag]) => tag !== undefined)).toEqual([
      ["a", "1.2", undefined],
      ["b", "1.2", undefined],
      ["d", "2024.02", undefined],
    ]);
    expect(result.map(({ judgement }) => judgement.verdict)).toEqual(all.map(({ judgement }) => judgement.verdict));
    expect(asked.toSorted()).toEqual(["team/app", "team/db"]);
  });

  it("stay as they were where they cannot be listed, which is said", async () => {
    const before = [{ container: "a", image: "team/app:1.1", newerTag: { tag: "1.2", change: "Minor" } as const }];
    const { search } = searchIn({}, before);
    const all = [judged("a", "team/app:1.1"), judged("b", "team/app:1.1")];
    const result = await withNewerTags(all, search, signal);
    expect(found(result)).toEqual([
      ["a", "1.2", "ImageNotFound"],
      ["b", undefined, "ImageNotFound"],
    ]);
    const { UpdateCheckSucceeded, UpdatesAvailable } = summarize(report(result));
    expect(UpdateCheckSucceeded).toEqual({
      status: "False",
      reason: "PartiallyFailed",
      message: "Checked 2 containers, but could not look for newer tags of 2: ImageNotFound (2), first a: not there",
    });
    expect(UpdatesAvailable).toMatchObject({ status: "True", message: "Of 2 containers: 1 with a newer tag (a: 1.2)" });
  });

  it("leave it open whether there is an update where they are not known", async () => {
    const result = await withNewerTags([judged("b", "team/app:1.1")], searchIn({}).search, signal);
    expect(summarize(report(result)).UpdatesAvailable).toMatchObject({ status: "Unknown", reason: "CheckIncomplete" });
  });

  it("stay as they were for a container that could not be checked, and the registry is not asked again", async () => {
    const before = [{ container: "a", image: "team/app:1.1", newerTag: { tag: "1.2", change: "Minor" } as const }];
    const { asked, search } = searchIn({}, before);
    expect(found(await withNewerTags([judged("a", "team/app:1.1", "Failed")], search, signal))).toEqual([
      ["a", "1.2", undefined],
    ]);
    expect(asked).toEqual([]);
  });

  it("are not known to be none where the list was cut", async () => {
    const cut = (...list: string[]) => searchIn({ "team/app": success({ tags: list, truncated: true }) }).search;
    expect(found(await withNewerTags([judged("a", "team/app:1.1")], cut("1.2"), signal))).toEqual([
      ["a", "1.2", undefined],
    ]);
    expect(found(await withNewerTags([judged("a", "team/app:1.1")], cut("1.0"), signal))).toEqual([
      ["a", undefined, "TooManyTags"],
    ]);
  });

  it("are shown of a part of a list, with why there may be more", async () => {
    const part = (...list: string[]): Outcome<TagList> => {
      const { failure } = failed("RegistryServerError", "it answered 500");
      return success({ tags: list, truncated: true, failure });
    };
    const before = [{ container: "a", image: "team/app:1.1", newerTag: { tag: "1.3", change: "Minor" } as const }];
    const search = (...list: string[]) => searchIn({ "team/app": part(...list) }, before).search;
    const all = [judged("a", "team/app:1.1"), judged("b", "team/app:1.1")];
    expect(found(await withNewerTags(all, search("1.2"), signal))).toEqual([
      ["a", "1.3", "RegistryServerError"],
      ["b", "1.2", "RegistryServerError"],
    ]);
    expect(found(await withNewerTags(all, search("1.0"), signal))).toEqual([
      ["a", "1.3", "RegistryServerError"],
      ["b", undefined, "RegistryServerError"],
    ]);
  });

  it("are what helps where the tag is gone from the registry", async () => {
    const gone = (name: string, image: string): JudgedContainer => {
      const failure = advised("ImageNotFound", `Registry reg: ${image} is not there (404)`);
      return { ...judged(name, image), judgement: { verdict: "Failed", failure } };
    };
    const { asked, search } = searchIn({ "team/app": tags("1.2", "1.3") });
    const all = [gone("a", "team/app:1.1"), gone("newest", "team/app:1.4"), gone("no list", "team/db:2024.01")];
    const result = await withNewerTags(all, search, signal);
    expect(found(result)).toEqual([
      ["a", "1.3", undefined],
      ["newest", undefined, undefined],
      ["no list", undefined, undefined],
    ]);
    expect(asked.toSorted()).toEqual(["team/app", "team/db"]);
    const { items, counts } = report(result);
    expect(items.map(({ message }) => message)).toEqual([
      "Registry reg: team/app:1.1 is not there (404). Create the container again from the newer tag 1.3, which the registry has.",
      "Registry reg: team/app:1.4 is not there (404). Correct the image's name, or push the image.",
      "Registry reg: team/db:2024.01 is not there (404). Correct the image's name, or push the image.",
    ]);
    expect(counts).toMatchObject({ failed: 3, newerTags: 1 });
    expect(summarize(report(result)).UpdatesAvailable).toMatchObject({ status: "True", reason: "UpdatesFound" });
  });

  it("are listed for what is pinned by tag and digest, and for nothing that names no tag", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const { asked, search } = searchIn({ "team/app": tags("1.2.0", "1.3.0", "latest") });
    const all = [
      judged("both", `team/app:1.2.0@${digest}`, "Pinned"),
      judged("digest", `team/app@${digest}`, "Pinned"),
      judged("id", digest, "Pinned"),
    ];
    expect(found(await withNewerTags(all, search, signal))).toEqual([
      ["both", "1.3.0", undefined],
      ["digest", undefined, undefined],
      ["id", undefined, undefined],
    ]);
    expect(asked).toEqual(["team/app"]);
  });

  const unread = (image: string, rule: TagRuleSpec) => {
    const { asked, search } = searchIn({});
    return { asked, check: withNewerTags([judged("web", image)], { ...search, schemeOf: schemeOf([rule]) }, signal) };
  };

  it.each<readonly [string, Omit<TagRuleSpec, "images">, string]>([
    ["4.0.9.1491", { semver: "*" }, "semver reads versions of one to three numbers"],
    ["1.2.3.4.5", { semver: "^1" }, "semver reads versions of one to three numbers"],
    ["1234567", { semver: "*" }, "semver reads versions of one to three numbers"],
    ["stable-9457-2", { semver: "*" }, "semver reads versions of one to three numbers"],
    ["1.2.3.4.5", { regex: ".*", sort: "SemVer" }, "what regex takes from it cannot be sorted as SemVer"],
    [
      "20250120144907123",
      { regex: "\\d+", sort: "Numerical" },
      "what regex takes from it cannot be sorted as Numerical",
    ],
    ["RELEASE.2025-01-20", { regex: ".*", sort: "CalVer" }, "what regex takes from it cannot be sorted as CalVer"],
    ["1.2.3", { regex: "v(.*)", sort: "SemVer" }, "regex does not match it"],
    ["bookworm", { regex: "([a-z]+)-slim", sort: "Alphabetical" }, "regex does not match it"],
  ])("are not said to be none where the rule does not read what runs: %s by %j", async (tag, rule, why) => {
    const { asked, check } = unread(`team/app:${tag}`, { images: ["team/app"], ...rule });
    const result = report(await check);
    expect(asked).toEqual([]);
    const message = `spec.updateCheck.tags[0] does not read the tag ${tag} (${why}), so no newer tags are looked for`;
    expect(result.items).toMatchObject([{ verdict: "UpToDate", message }]);
    const { UpdateCheckSucceeded, UpdatesAvailable } = summarize(result);
    expect(UpdateCheckSucceeded).toMatchObject({ status: "True" });
    expect(UpdatesAvailable).toEqual({
      status: "Unknown",
      reason: "CheckIncomplete",
      message: `No update seen, but newer tags of 1 are not looked for, since spec.updateCheck.tags does not read what they run (web: ${tag})`,
    });
  });

  it("are announced in addition to the rest, unless the tag is a name", async () => {
    const outdated = (image: string): JudgedContainer => ({
      ...judged("web", image),
      judgement: { verdict: "Outdated", message: "Run: this command" },
    });
    const { search } = searchIn({});
    const messageOf = async (image: string) =>
      report(await withNewerTags([outdated(image)], search, signal)).items[0]?.message;
    expect(await messageOf("team/app:1.2.3.4")).toBe(
      "spec.updateCheck.tags[0] does not read the tag 1.2.3.4 (semver reads versions of one to three numbers), so no newer tags are looked for. Run: this command",
    );
    expect(await messageOf("team/app:latest")).toBe("Run: this command");
  });

  it.each(["team/app", "team/app:latest", "team/app:stable-alpine"])(
    "cannot be for a name that moves, which is said, and whose digest was compared: %s",
    async (image) => {
      const { asked, check } = unread(image, { images: ["team/app"], semver: "*" });
      const result = report(await check);
      const tag = image.split(":")[1] ?? "latest";
      expect(asked).toEqual([]);
      expect(result.items[0]?.message).toContain(`spec.updateCheck.tags[0] does not read the tag ${tag}`);
      expect(summarize(result).UpdatesAvailable).toEqual({
        status: "False",
        reason: "UpToDate",
        message: `No update for 1 container; 1 with a tag that is not a version (web: ${tag})`,
      });
    },
  );

  it("are counted, and put their containers first among those of one verdict", async () => {
    const { search } = searchIn({ "team/app": tags("1.2") });
    const all = [judged("a", "nginx:1"), judged("z", "team/app:1.1"), judged("old", "nginx:1", "Outdated")];
    const { counts, items } = report(await withNewerTags(all, search, signal));
    expect(counts).toMatchObject({ total: 3, upToDate: 2, newerTags: 1 });
    expect(items.map(({ container }) => container)).toEqual(["old", "z", "a"]);
    expect(items[1]?.newerTag).toEqual({ tag: "1.2", change: "Minor" });
  });
});

describe("newer tags among very many", () => {
  it("are looked for in slices: no list of tags and no number of containers holds up everything else", async () => {
    let turns = 0;
    const slices = new WorkSlices(signal, async () => turns++);
    const many = Array.from({ length: 2_000 }, (_, i) => `1.1.${i}-${"x".repeat(40)}`);
    const { search } = searchIn({ "team/app": tags(...many, "1.2.9") });
    const rule: TagRuleSpec = { images: ["team/app"], regex: "(?:[0-9.]|a?){60}", sort: "SemVer" };
    const all = Array.from({ length: 50 }, (_, i) => judged(`c${i}`, `team/app:1.2.${i % 7}`));
    const result = await withNewerTags(all, { ...search, schemeOf: schemeOf([rule]), slices }, signal);
    expect(new Set(result.map(({ judgement }) => judgement.newerTag?.tag))).toEqual(new Set(["1.2.9"]));
    expect(turns).toBeGreaterThan(40);
  });

  it("are read once for all containers of a repository", async () => {
    let turns = 0;
    const slices = new WorkSlices(signal, async () => turns++);
    const { search } = searchIn({ "team/app": tags(...Array.from({ length: 1_000 }, (_, i) => `1.${i}.0`)) });
    const all = Array.from({ length: 500 }, (_, i) => judged(`c${i}`, `team/app:1.${i}.0`));
    const result = await withNewerTags(all, { ...search, slices }, signal);
    expect(result[0]?.judgement.newerTag?.tag).toBe("1.999.0");
    expect(turns).toBeLessThan(60);
  });
});

describe("rules for tags", () => {
  it.each([
    [{ images: ["app", "("], semver: "^1" }, 'spec.updateCheck.tags[0].images[1] "(" is invalid: missing closing )'],
    [
      { images: ["app"], semver: "newest" },
      'spec.updateCheck.tags[0].semver "newest" is invalid: it is not a valid range',
    ],
    [
      { images: ["app"], regex: "*", sort: "SemVer" as const },
      'spec.updateCheck.tags[0].regex "*" is invalid: missing',
    ],
  ])("%j are refused", async (rule, problem) => {
    expect(await compileTagRules([rule], new PatternCompiler(new WorkSlices(signal)))).toMatchObject({
      ok: false,
      failure: { reason: "InvalidSelection", message: expect.stringContaining(problem) },
    });
  });
});
