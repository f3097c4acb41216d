import { describe, expect, it } from "vitest";
import type { UpdateItemStatus } from "../api/status.ts";
import { type JudgedContainer, report } from "./check-report.ts";
import type { Judgement } from "./judgement.ts";
import { withLastKnown } from "./last-known.ts";
import { summarize } from "./summary.ts";

const one = (judgement: Judgement): JudgedContainer => ({
  container: { id: "web", name: "web", image: "app:1", imageId: "", state: "running", labels: {} },
  judgement,
});
const failure = { reason: "RegistryUnreachable", message: "down" } as const;
const failed = one({ verdict: "Failed", running: "old", failure });
const lastItems = (changes: Partial<UpdateItemStatus> = {}): UpdateItemStatus[] => [
  {
    container: "web",
    image: "app:1",
    verdict: "Outdated",
    running: "old",
    available: "new",
    firstSeen: "2026-01-01T00:00:00Z",
    ...changes,
  },
];

describe("a container that could not be checked", () => {
  it("keeps the update that was seen before, with its age, over any number of failures", () => {
    let items: readonly UpdateItemStatus[] = lastItems();
    for (let times = 0; times < 3; times++) {
      const result = report(withLastKnown([failed], items));
      expect(result.items).toMatchObject([
        { verdict: "Failed", reason: "RegistryUnreachable", available: "new", firstSeen: "2026-01-01T00:00:00Z" },
      ]);
      expect(summarize(result).UpdatesAvailable).toEqual({
        status: "True",
        reason: "UpdatesFound",
        message: "Of 1 container: 1 outdated when last seen (web)",
      });
      expect(summarize(result).UpdateCheckSucceeded).toMatchObject({ status: "False", reason: "RegistryUnreachable" });
      items = result.items.map((item) => ({ ...item }));
    }
  });

  it.each<readonly [string, JudgedContainer, UpdateItemStatus[]]>([
    ["was up to date", failed, lastItems({ verdict: "UpToDate", available: "old" })],
    ["was too young to count", failed, lastItems({ verdict: "TooYoung" })],
    ["runs another image now", one({ verdict: "Failed", running: "other", failure }), lastItems()],
    ["runs nobody knows what", one({ verdict: "Failed", failure }), lastItems()],
    ["was created from another tag", failed, lastItems({ image: "app:2" })],
    ["is another container", failed, lastItems({ container: "db" })],
    ["failed before, and no update was known", failed, lastItems({ verdict: "Failed", available: undefined })],
  ])("keeps nothing where it %s", (_, judged, items) => {
    expect(withLastKnown([judged], items)).toEqual([judged]);
    expect(summarize(report(withLastKnown([judged], items))).UpdatesAvailable.status).toBe("Unknown");
  });

  it("is not called outdated once it was answered for", () => {
    const upToDate = one({ verdict: "UpToDate", running: "old", available: "old" });
    expect(withLastKnown([upToDate], lastItems())).toEqual([upToDate]);
  });
});
