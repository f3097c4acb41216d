import { describe, expect, it } from "vitest";
import { parseSpec } from "../api/docker-host.ts";
import { updateCheckOf } from "./watchtower-check.ts";
import { readWatchtowerSettings } from "./watchtower-flags.ts";

/** What these settings make of spec.updateCheck, and the warnings. */
function bring(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const settings = readWatchtowerSettings(args, env);
  if (!settings.ok) throw new Error(settings.failure);
  expect(settings.value.leftOut).toEqual([]);
  const warnings: string[] = [];
  const updateCheck = updateCheckOf(settings.value, warnings);
  const spec = parseSpec({
    host: "unix:///var/run/docker.sock",
    ...(updateCheck === undefined ? {} : { updateCheck }),
  });
  expect(spec).toMatchObject({ ok: true });
  return { updateCheck, warnings: warnings.join("\n") };
}

describe("when Watchtower looks", () => {
  it.each([
    ["0 0 4 * * *", "", { schedule: "0 4 * * *", timeZone: "Europe/Berlin" }],
    ["0 4 ? * MON-FRI", "", { schedule: "0 4 * * MON-FRI", timeZone: "Europe/Berlin" }],
    ["TZ=UTC 30 2 * * *", "", { schedule: "30 2 * * *", timeZone: "UTC" }],
    ["@daily", "", { schedule: "@daily", timeZone: "Europe/Berlin" }],
    ["@every 6h", "", { interval: "6h" }],
    ["@every 90s", "", { interval: "1m30s", timeout: "1m30s" }],
    ["15 0 4 * * *", "the seconds of the schedule are left out", { schedule: "0 4 * * *", timeZone: "Europe/Berlin" }],
    ["@every now", "the interval is not a number of seconds", undefined],
    ["at dawn", "the schedule cannot be imported", undefined],
  ])("--schedule %j", (schedule, warning, expected) => {
    const { updateCheck, warnings } = bring(["--schedule", schedule], { TZ: "Europe/Berlin" });
    expect(updateCheck).toEqual(expected);
    if (warning === "") expect(warnings).toBe("");
    else expect(warnings).toContain(warning);
  });

  it("is in UTC if no zone is given, with a warning", () => {
    const { updateCheck, warnings } = bring([], { WATCHTOWER_SCHEDULE: "0 0 4 * * *" });
    expect(updateCheck).toEqual({ schedule: "0 4 * * *" });
    expect(warnings).toContain("the schedule is in UTC");
  });

  it.each([
    ["7d", { minimumAge: "168h" }, "counts from when an update is first seen"],
    ["1d12h", { minimumAge: "36h" }, "counts from when an update is first seen"],
    ["0", undefined, ""],
    ["soon", undefined, "the cooldown delay cannot be imported"],
    ["24M", undefined, "the cooldown delay cannot be imported"],
  ])("--cooldown-delay %s", (delay, expected, warning) => {
    const { updateCheck, warnings } = bring(["--cooldown-delay", delay]);
    expect(updateCheck).toEqual(expected);
    expect(warnings).toContain(warning);
  });
});

describe("which containers Watchtower looks at", () => {
  it("is carried over, from flags, variables and names", () => {
    const env = { WATCHTOWER_LABEL_ENABLE: "true", WATCHTOWER_SKIP_IMAGE_NAMES: "redis postgres:.*" };
    const flags = ["-S", "--include-restarting", "-x", "/db,cache-.*", "--disable-containers=old", "--scope", "edge"];
    const { updateCheck, warnings } = bring([...flags, "web", "/api-.*"], env);
    expect(updateCheck).toEqual({
      containers: {
        policy: "Labeled",
        includeNames: ["web", "api-.*"],
        excludeNames: ["db", "cache-.*", "old"],
        excludeImages: ["redis", "postgres"],
        includeStopped: true,
        includeRestarting: true,
        scope: "edge",
      },
    });
    expect(warnings).toContain("the parts for tags are left out");
  });

  it("is all that run where nothing says otherwise", () => {
    expect(bring(["--scope", "none", "--label-enable=false"]).updateCheck).toBeUndefined();
  });

  it.each([
    ["registry:5000/app:1", "registry:5000/app"],
    ["registry:5000/app", "registry:5000/app"],
    ["(?:app)", "(?:app)"],
    ["app:v[0-9]+", "app"],
  ])("has images without tags: %s", (pattern, written) => {
    const { updateCheck } = bring(["--monitor-image-names", pattern]);
    expect(updateCheck).toEqual({ containers: { includeImages: [written] } });
  });

  it("takes literally what is not an expression, as Watchtower does, and limits the lists", () => {
    const { updateCheck } = bring(["--monitor-image-names", "app(1"]);
    expect(updateCheck).toEqual({ containers: { includeImages: ["app\\(1"] } });
    const { warnings } = bring(Array.from({ length: 40 }, (_, index) => `web-${index}`));
    expect(warnings).toContain("only the first 32 of the 40 patterns of includeNames are written");
  });
});
