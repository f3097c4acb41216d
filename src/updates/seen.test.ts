import { describe, expect, it } from "vitest";
import { MAX_SEEN } from "../api/status.ts";
import type { SeenDigest } from "./judgement.ts";
import { markAnnounced, rememberSeen, unannounced, withAge } from "./seen.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.parse("2026-01-02T00:00:00Z");
const seen = (digest: string, at = "2026-01-01T00:00:00Z", image = "app:1"): SeenDigest => ({ image, digest, at });
const outdated = { verdict: "Outdated", available: "new" } as const;
const digests = (list: readonly SeenDigest[]) => list.map(({ digest }) => digest);

describe("the age of an update", () => {
  const rule = (minimumAgeMs: number, ...known: readonly SeenDigest[]) => ({ known, minimumAgeMs, now: NOW });

  it("begins when its digest is first seen", () => {
    expect(withAge(outdated, "app:1", rule(0))).toMatchObject({
      verdict: "Outdated",
      seen: { image: "app:1", digest: "new", at: "2026-01-02T00:00:00Z" },
    });
    expect(withAge(outdated, "app:1", rule(0, seen("new")))).toMatchObject({ seen: seen("new") });
  });

  it.each<readonly [string, number, readonly SeenDigest[], string]>([
    ["seen for the first time", 1, [], "TooYoung"],
    ["seen not long ago", 25 * HOUR_MS, [seen("new")], "TooYoung"],
    ["seen for long enough, to the millisecond", 24 * HOUR_MS, [seen("new")], "Outdated"],
    ["another digest was seen", HOUR_MS, [seen("other")], "TooYoung"],
    ["another image had it", HOUR_MS, [seen("new", undefined, "app:2")], "TooYoung"],
    ["seen by a clock that was ahead", 1, [seen("new", "2031-01-01T00:00:00Z")], "TooYoung"],
  ])("%s", (_, minimumAgeMs, known, verdict) => {
    expect(withAge(outdated, "app:1", rule(minimumAgeMs, ...known)).verdict).toBe(verdict);
  });

  it("says from when on it counts", () => {
    const judged = withAge(outdated, "app:1", rule(25 * HOUR_MS, seen("new")));
    expect(judged).toMatchObject({
      countsFrom: NOW + HOUR_MS,
      message: expect.stringContaining("2026-01-02T01:00:00Z"),
    });
  });

  it("is of no matter to other verdicts", () => {
    for (const verdict of ["UpToDate", "RestartPending", "Failed"] as const) {
      const judgement = { verdict, available: "new" };
      expect(withAge(judgement, "app:1", rule(HOUR_MS))).toBe(judgement);
    }
  });
});

describe("what is remembered of updates", () => {
  const images = new Set(["app:1"]);

  it("is each digest once, with what is available now", () => {
    expect(rememberSeen([seen("a")], [seen("a"), seen("a")], images)).toEqual([seen("a")]);
  });

  it("stays while its image is there, also where the check failed or the tag was moved on", () => {
    expect(rememberSeen([seen("a")], [], images)).toEqual([seen("a")]);
    expect(rememberSeen([seen("a")], [seen("b", "2026-01-02T00:00:00Z")], images)).toHaveLength(2);
    expect(rememberSeen([seen("a")], [], new Set(["other:1"]))).toEqual([]);
  });

  it("has few former digests of one image", () => {
    const known = ["01", "02", "03", "04", "05"].map((day) => seen(day, `2026-01-${day}T00:00:00Z`));
    expect(digests(rememberSeen(known, [seen("now", "2026-01-06T00:00:00Z")], images))).toEqual([
      "03",
      "04",
      "05",
      "now",
    ]);
  });

  it("is bounded: what is available comes first, and of that what has waited for longest", () => {
    const many = Array.from({ length: 300 }, (_, n) => {
      const at = new Date(NOW + n * 60_000).toISOString();
      return seen(`${n}`, at, `app-${n}:1`);
    });
    const kept = rememberSeen([seen("former")], many.toReversed(), images);
    expect(kept).toHaveLength(MAX_SEEN);
    expect(new Set(digests(kept))).toEqual(new Set(digests(many.slice(0, MAX_SEEN))));
  });

  it("returns what was not announced before, and nothing that is not remembered", () => {
    const updates = ["a", "b", "c"].map((digest) => ({ seen: seen(digest) }));
    const remembered = [seen("a"), { ...seen("b"), announced: true }];
    expect(unannounced(updates, remembered)).toEqual([{ seen: seen("a") }]);
    expect(unannounced(updates, markAnnounced(remembered, [seen("a")]))).toEqual([]);
  });
});
