import { describe, expect, it } from "vitest";
import { AGE, container, HOST, pulled, sha } from "../../test/support/check-facts.ts";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { failed, type Outcome } from "../api/failure.ts";
import { MAX_UPDATE_ITEMS } from "../api/status.ts";
import { startDeadline } from "../common/deadline.ts";
import { success } from "../common/result.ts";
import type { ImageReference } from "../registry/reference.ts";
import { type CheckRegistry, checkHost } from "./check-containers.ts";
import type { TagAnswer } from "./judgement.ts";

/** A registry that answers from a table of paths, and remembers what it was asked. */
function fakeRegistry(answers: Readonly<Record<string, Outcome<TagAnswer>>>) {
  const asked: string[] = [];
  const registry: CheckRegistry = {
    async resolve(reference) {
      asked.push(reference.path);
      return answers[reference.path] ?? failed("ImageNotFound", "not there");
    },
    openManifest: async () => success({ children: [] }),
    holds: async () => success(true),
    isAnonymous: () => true,
  };
  return { asked, registry };
}

const has = (n: number): Outcome<TagAnswer> =>
  success({ digest: sha(n), isIndex: false, mediaType: "", fetchedAt: 0, answeredBy: "Operator" });

const { signal } = new AbortController();

describe("checkHost", () => {
  it("asks once for each tag, counts every container, and puts first what matters", async () => {
    const images = [
      pulled("t/a:1", 1),
      pulled("t/b:1", 2),
      pulled("t/c:1", 3),
      { ...pulled("t/d:1", 4), repoDigests: [] },
    ];
    const { asked, registry } = fakeRegistry({ "t/a": has(1), "t/b": has(9) });
    const report = await checkHost({
      containers: [
        container("z", "t/a:1", sha(1_001)),
        container("a", "t/a:1", sha(1_001)),
        container("gone", "t/c:1", sha(1_003)),
        container("new-2", "t/b:1", sha(1_002)),
        container("new-1", "docker.io/t/b:1", sha(1_002)),
        container("pinned", `t/b@${sha(2)}`, sha(1_002)),
        container("own", "t/d:1", sha(1_004)),
        container("moved", "t/a:1", sha(1_002)),
      ],
      images,
      host: HOST,
      age: AGE,
      registry,
      signal,
    });
    expect(asked.sort()).toEqual(["t/a", "t/b", "t/c"]);
    expect(report.counts).toEqual({
      total: 8,
      upToDate: 2,
      outdated: 2,
      restartPending: 1,
      pinned: 1,
      local: 1,
      tooYoung: 0,
      excluded: 0,
      failed: 1,
      newerTags: 0,
    });
    expect(report.items.map((item) => [item.container, item.verdict])).toEqual([
      ["new-1", "Outdated"],
      ["new-2", "Outdated"],
      ["gone", "Failed"],
      ["moved", "RestartPending"],
      ["a", "UpToDate"],
      ["z", "UpToDate"],
      ["pinned", "Pinned"],
      ["own", "LocalImage"],
    ]);
    expect(report.items[0]).toEqual({
      container: "new-1",
      image: "docker.io/t/b:1",
      verdict: "Outdated",
      running: sha(2),
      available: sha(9),
      firstSeen: "2026-01-01T00:00:00Z",
      answeredBy: "Operator",
      message: expect.stringContaining("t/b:1"),
    });
    expect(report.items[2]).toMatchObject({ reason: "ImageNotFound", message: "not there" });
    expect(report).toMatchObject({ truncated: false, failures: [{ reason: "ImageNotFound", count: 1 }] });
  });

  it("fails for what the daemon would not describe, and for nothing else", async () => {
    const { asked, registry } = fakeRegistry({ "t/a": has(1) });
    const denied = { reason: "PermissionDenied", message: "denied" } as const;
    const report = await checkHost({
      containers: [
        container("known", "t/a:1", sha(1_001)),
        container("hidden image", "t/b:1", sha(1_002)),
        { ...container("hidden container", sha(1_001), sha(1_001)), failure: denied },
        container("pinned", `t/b@${sha(2)}`, sha(1_002)),
      ],
      images: [pulled("t/a:1", 1)],
      imageFailures: new Map([[sha(1_002), denied]]),
      host: HOST,
      age: AGE,
      registry,
      signal,
    });
    expect(report.items.map((item) => [item.container, item.verdict, item.reason])).toEqual([
      ["hidden container", "Failed", "PermissionDenied"],
      ["hidden image", "Failed", "PermissionDenied"],
      ["known", "UpToDate", undefined],
      ["pinned", "Pinned", undefined],
    ]);
    expect(asked).toEqual(["t/a"]);
  });

  it("lists this many items, and counts and explains all", async () => {
    const containers = Array.from({ length: 70 }, (_, i) => container(`c${i}`, "x".repeat(2_000), sha(1)));
    const { registry } = fakeRegistry({});
    const report = await checkHost({ containers, images: [], host: HOST, age: AGE, registry, signal });
    expect(report).toMatchObject({ truncated: true, counts: { total: 70, failed: 70 } });
    expect(report.items.length).toBe(MAX_UPDATE_ITEMS);
    expect(report.items[0]?.image.length).toBe(512);
    expect(report.failures).toMatchObject([{ reason: "InvalidReference", count: 70, container: "c0" }]);
  });

  it("knows nothing of an empty host", async () => {
    const { registry } = fakeRegistry({});
    const report = await checkHost({ containers: [], images: [], host: HOST, age: AGE, registry, signal });
    expect(report).toMatchObject({ counts: { total: 0 }, items: [], truncated: false, failures: [] });
  });

  it("reports the earliest time at which a registry allows another request", async () => {
    const limited = (retryAt: number): Outcome<never> => ({
      ok: false,
      failure: { reason: "RegistryRateLimited", message: "later", retryAt },
    });
    const { registry } = fakeRegistry({ "t/a": limited(200), "t/b": limited(100), "t/c": has(3) });
    const names = ["t/a:1", "t/b:1", "t/c:1"];
    const report = await checkHost({
      containers: names.map((name, i) => container(name, name, sha(1_001 + i))),
      images: names.map((name, i) => pulled(name, i + 1)),
      host: HOST,
      age: AGE,
      registry,
      signal,
    });
    expect(report.retryAt).toBe(100);
  });

  it("calls an update too young until it was seen for long enough", async () => {
    const { registry } = fakeRegistry({ "t/a": has(9), "t/b": has(8) });
    const names = ["t/a:1", "t/b:1"];
    const report = await checkHost({
      containers: names.map((name, i) => container(name, name, sha(1_001 + i))),
      images: names.map((name, i) => pulled(name, i + 1)),
      host: HOST,
      age: {
        known: [{ image: "t/a:1", digest: sha(9), at: "2025-12-31T23:00:00Z" }],
        minimumAgeMs: 3_600_000,
        now: AGE.now,
      },
      registry,
      signal,
    });
    expect(report).toMatchObject({
      counts: { outdated: 1, tooYoung: 1 },
      maturesAt: AGE.now + 3_600_000,
      updates: [{ container: "t/a:1" }],
      items: [
        { container: "t/a:1", verdict: "Outdated", firstSeen: "2025-12-31T23:00:00Z" },
        { container: "t/b:1", verdict: "TooYoung", firstSeen: "2026-01-01T00:00:00Z", available: sha(8) },
      ],
    });
  });

  it("ends in time with what it knows when a registry hangs", async () => {
    const clock = new FakeClock();
    const { registry } = fakeRegistry({ "t/a": has(1) });
    const hanging: CheckRegistry = {
      ...registry,
      resolve: (reference: ImageReference, stop: AbortSignal) =>
        reference.path === "t/b"
          ? new Promise((_, reject) => stop.addEventListener("abort", () => reject(stop.reason)))
          : registry.resolve(reference, stop),
    };
    using deadline = startDeadline(signal, "the check", 300_000, clock);
    const check = checkHost({
      containers: [container("a", "t/a:1", sha(1_001)), container("b", "t/b:1", sha(1_002))],
      images: [pulled("t/a:1", 1), pulled("t/b:1", 2)],
      host: HOST,
      age: AGE,
      registry: hanging,
      signal: deadline.signal,
    });
    await settle();
    await clock.advance(300_000);
    const report = await check;
    expect(report.items.map((item) => [item.container, item.verdict, item.reason])).toEqual([
      ["b", "Failed", "CheckTimedOut"],
      ["a", "UpToDate", undefined],
    ]);
  });

  it("rejects when it is no longer wanted", async () => {
    const { registry } = fakeRegistry({});
    const stop = AbortSignal.abort(new Error("superseded"));
    const check = checkHost({
      containers: [container("a", "t/a:1", sha(1_001))],
      images: [pulled("t/a:1", 1)],
      host: HOST,
      age: AGE,
      registry: { ...registry, resolve: () => Promise.reject(stop.reason) },
      signal: stop,
    });
    await expect(check).rejects.toThrow("superseded");
  });
});
