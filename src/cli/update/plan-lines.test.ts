import { describe, expect, it } from "vitest";
import { plain } from "../condition-lines.ts";
import { type PlannedUpdate, planLines } from "./plan-lines.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const look = { width: 80, paint: plain };
const terms = { healthTimeout: 300_000, stableFor: 30_000 };

function planned(container: string, overrides: Partial<PlannedUpdate["plan"]> = {}, isRunning = true): PlannedUpdate {
  const image = `registry.example.com/shop/${container}:1.27`;
  return {
    target: { container, image, digest: digest("b"), running: digest("a") },
    plan: {
      containers: [{ name: container, id: "1", action: "Replace" }],
      warnings: [],
      ...(isRunning && { stopMs: 10_000 }),
      hooks: [],
      before: { imageId: digest("c"), image },
      ...overrides,
    },
    warnings: [],
  };
}

describe("a plan", () => {
  it("shows the old and the new image, what else is affected, what will differ and how long the stop takes", () => {
    const web = planned("web", {
      containers: [
        { name: "web", id: "1", action: "Replace" },
        { name: "sidecar", id: "2", action: "Replace", because: "shares the network of web" },
        {
          name: "cron",
          id: "3",
          action: "Restart",
          because: "depends on web by its label com.centurylinklabs.watchtower.depends-on",
        },
      ],
      warnings: [
        "The Compose project shop owns it: change the image in its file, or the next `docker compose up` goes back",
      ],
      stopMs: 30_000,
    });
    const skipped = [{ container: "db", why: "its image postgres@sha256:aa is pinned by digest" }];
    const lines = planLines("edge-7", [web, planned("api")], skipped, terms, look);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(`\n${lines.join("\n")}\n`).toBe(`
edge-7: 2 containers will be updated.

web
  image    registry.example.com/shop/web:1.27
  from     sha256:aaaaaaaaaaaa
  to       sha256:bbbbbbbbbbbb
  also     sidecar, which shares the network of web
  restarts cron, which depends on web by its label
           com.centurylinklabs.watchtower.depends-on
  stop     at most 30s, plus the new start
  warning  The Compose project shop owns it: change the image in its file, or
           the next \`docker compose up\` goes back

api
  image    registry.example.com/shop/api:1.27
  from     sha256:aaaaaaaaaaaa
  to       sha256:bbbbbbbbbbbb
  stop     at most 10s, plus the new start

Not updated: db: its image postgres@sha256:aa is pinned by digest

Each old container is kept until the new one is healthy (within 5m) or has run
for 30s. If it fails, the old one is put back.
`);
  });

  it("says that a container does not run, and what --keep means", () => {
    const lines = planLines("edge-7", [planned("web", {}, false)], [], { ...terms, keep: true }, look);
    expect(lines[0]).toBe("edge-7: 1 container will be updated.");
    expect(lines).toContain("  stop     it is not running");
    expect(lines.at(-1)).toContain("If it fails, both are kept, the old one stopped.");
  });

  it.each([
    [0, "  stop     immediate, plus the new start"],
    [10_000, "  stop     at most 10s, plus the new start"],
  ])("says how long the stop of one that runs may take: %d ms", (stopMs, line) => {
    expect(planLines("edge-7", [planned("web", { stopMs })], [], terms, look)).toContain(line);
  });

  it("names each hook, and what is removed afterwards", () => {
    const web = planned("web", { hooks: ["pre-update of web", "post-update of web"] });
    const lines = planLines("edge-7", [web], [], { ...terms, removeOldImage: true }, look);
    expect(lines.filter((line) => line.startsWith("  hook"))).toEqual([
      "  hook     pre-update of web",
      "  hook     post-update of web",
    ]);
    expect(lines.join(" ")).toContain("Its image is removed afterwards, unless something else uses it.");
  });

  it("of many containers has two lines for each that is as usual, and fits 24 rows with eight of them", () => {
    const names = ["api", "cache", "cron", "db", "mail", "proxy", "web"];
    const updates = names.map((name) => planned(name));
    const sidecar = { name: "sidecar", id: "2", action: "Replace", because: "shares the network of worker" } as const;
    const containers = [{ name: "worker", id: "1", action: "Replace" } as const, sidecar];
    updates.push(planned("worker", { containers }, false));
    const lines = planLines("edge-7", updates, [], terms, look);
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(lines.slice(0, 4)).toEqual([
      "edge-7: 8 containers will be updated.",
      "",
      "api        registry.example.com/shop/api:1.27",
      "           sha256:aaaaaaaaaaaa to sha256:bbbbbbbbbbbb, stop at most 10s",
    ]);
    expect(lines.slice(-6)).toEqual([
      "worker     registry.example.com/shop/worker:1.27",
      "           sha256:aaaaaaaaaaaa to sha256:bbbbbbbbbbbb, not running",
      "  also     sidecar, which shares the network of worker",
      "",
      "Each old container is kept until the new one is healthy (within 5m) or has run",
      "for 30s. If it fails, the old one is put back.",
    ]);
  });

  it.each([20, 40, 80])("of many containers fits into %d columns whatever the names are", (width) => {
    const updates = ["a".repeat(200), "b", "c".repeat(12), "d\u001b[2J"].map((name) => planned(name));
    const lines = planLines("edge-7", updates, [], terms, { width, paint: plain });
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(width, 31));
    expect(lines.join("\n")).not.toContain("\u001b");
  });

  it("shows the digest that runs now, or the id of an image that has none", () => {
    const { target, ...update } = planned("web");
    const { running: _, ...unknown } = target;
    const fromOf = (before: { readonly digest?: string }) => {
      const plan = { ...update.plan, before: { ...update.plan.before, ...before } };
      const lines = planLines("edge-7", [{ ...update, target: unknown, plan }], [], terms, look);
      return lines.find((line) => line.startsWith("  from"));
    };
    expect(fromOf({ digest: digest("d") })).toBe("  from     sha256:dddddddddddd");
    expect(fromOf({})).toBe("  from     sha256:cccccccccccc");
  });

  it("says that it already runs a digest that somebody has named", () => {
    const update = planned("web");
    const plan = { ...update.plan, before: { ...update.plan.before, digest: update.target.digest } };
    const lines = planLines("edge-7", [{ ...update, plan }], [], terms, look);
    expect(lines).toContain("  to       sha256:bbbbbbbbbbbb, which it already runs");
  });

  it("says when nothing will be updated, and why", () => {
    const skipped = [{ container: "web", why: "it is up to date" }];
    expect(planLines("edge-7", [], skipped, terms, look)).toEqual([
      "edge-7: no container will be updated.",
      "",
      "Not updated: web: it is up to date",
    ]);
  });

  it.each([20, 40, 300])("fits into %d columns whatever the names are", (width) => {
    const long = planned("a".repeat(200), { warnings: ["w".repeat(500)] });
    const lines = planLines("h".repeat(100), [long], [], terms, { width, paint: plain });
    // The labels need their own columns.
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(width, 200));
    expect(lines.join("\n")).not.toContain("undefined");
  });

  it("never prints control characters in a container's name", () => {
    const lines = planLines("edge-7", [planned("web\u001b[2J")], [], terms, look);
    expect(lines.join("\n")).not.toContain("\u001b");
  });
});
