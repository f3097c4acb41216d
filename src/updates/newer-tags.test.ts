import { describe, expect, it } from "vitest";
import { failed, type Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { TagList } from "../registry/tag-list.ts";
import { type NewerTagSearch, withNewerTags } from "./newer-tags.ts";
import { type JudgedContainer, report } from "./report.ts";
import { summarize } from "./summary.ts";
import { compileTagRules } from "./tag-rules.ts";
import type { Verdict } from "./verdict.ts";

const { signal } = new AbortController();
const judged = (name: string, image: string, verdict: Verdict = "UpToDate"): JudgedContainer => ({
  container: { id: name, name, image, imageId: "", state: "running", labels: {} },
  judgement: { verdict, ...(verdict === "Failed" && { failure: { reason: "RegistryUnreachable", message: "down" } }) },
});

/** A registry that has these tags by repository, and remembers for which it was asked. */
function searchIn(lists: Readonly<Record<string, Outcome<TagList>>>, before: NewerTagSearch["before"] = []) {
  const rules = compileTagRules([
    { images: ["team/app"], semver: "^1" },
    { images: ["team/.*"], regex: ".*", sort: "CalVer" },
  ]);
  if (!rules.ok) throw new Error(rules.failure.message);
  const asked: string[] = [];
  const search: NewerTagSearch = {
    schemeOf: rules.value,
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

  it("are counted, and put their containers first among those of one verdict", async () => {
    const { search } = searchIn({ "team/app": tags("1.2") });
    const all = [judged("a", "nginx:1"), judged("z", "team/app:1.1"), judged("old", "nginx:1", "Outdated")];
    const { counts, items } = report(await withNewerTags(all, search, signal));
    expect(counts).toMatchObject({ total: 3, upToDate: 2, newerTags: 1 });
    expect(items.map(({ container }) => container)).toEqual(["old", "z", "a"]);
    expect(items[1]?.newerTag).toEqual({ tag: "1.2", change: "Minor" });
  });
});

describe("rules for tags", () => {
  it.each([
    [{ images: ["app", "("], semver: "^1" }, 'spec.updateCheck.tags[0].images[1] "(" is invalid: missing closing )'],
    [{ images: ["app"], semver: "newest" }, 'spec.updateCheck.tags[0].semver "newest" is invalid: it is no range'],
    [
      { images: ["app"], regex: "*", sort: "SemVer" as const },
      'spec.updateCheck.tags[0].regex "*" is invalid: missing',
    ],
  ])("%j are refused", (rule, problem) => {
    expect(compileTagRules([rule])).toMatchObject({
      ok: false,
      failure: { reason: "InvalidSelection", message: expect.stringContaining(problem) },
    });
  });
});
