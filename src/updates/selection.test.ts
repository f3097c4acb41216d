import { describe, expect, it } from "vitest";
import { parsedSpec } from "../../test/support/docker-host.ts";
import { WorkSlices } from "../common/work-slices.ts";
import type { ContainerFacts } from "../docker/facts.ts";
import { PatternCompiler } from "./patterns.ts";
import { compileSelection, type ExclusionRule, statesOf } from "./selection.ts";

type Fields = Readonly<Record<string, unknown>>;

const container = (facts: Partial<ContainerFacts> = {}): ContainerFacts => ({
  id: "0",
  name: "web",
  image: "nginx:1.27",
  imageId: "sha256:1",
  state: "running",
  labels: {},
  ...facts,
});

const containersOf = (fields: Fields) => parsedSpec({ updateCheck: { containers: fields } }).updateCheck?.containers;

const { signal } = new AbortController();
const compile = (fields: Fields, slices = new WorkSlices(signal)) =>
  compileSelection(containersOf(fields), new PatternCompiler(slices));

async function exclusionOf(fields: Fields, facts: Partial<ContainerFacts> = {}) {
  const selection = await compile(fields);
  if (!selection.ok) throw new Error(selection.failure.message);
  return await selection.value(container(facts));
}

const OURS = "dockerhost.dev/";
const WATCHTOWER = "com.centurylinklabs.watchtower.";
const labelled = (name: string, value: string) => ({ labels: { [name]: value } });

describe("the selection of containers", () => {
  it("takes every container if nothing is said", async () => {
    const selection = await compileSelection(undefined, new PatternCompiler(new WorkSlices(signal)));
    expect(selection.ok && (await selection.value(container()))).toBeUndefined();
  });

  it.each<readonly [string, Fields, Partial<ContainerFacts>, ExclusionRule | undefined]>([
    ["ours disables", {}, labelled(`${OURS}enable`, "false"), "Label"],
    ["Watchtower's disables", {}, labelled(`${WATCHTOWER}enable`, "False"), "Label"],
    ["enabled is as nothing", {}, labelled(`${WATCHTOWER}enable`, "true"), undefined],
    ["a value that says nothing is as none", {}, labelled(`${OURS}enable`, "maybe"), undefined],
    [
      "ours before Watchtower's",
      {},
      { labels: { [`${OURS}enable`]: "true", [`${WATCHTOWER}enable`]: "false" } },
      undefined,
    ],
    [
      "Watchtower's where ours says nothing",
      {},
      { labels: { [`${OURS}enable`]: "", [`${WATCHTOWER}enable`]: "0" } },
      "Label",
    ],
    ["opt-in, without a label", { policy: "Labeled" }, {}, "Policy"],
    ["opt-in, by ours", { policy: "Labeled" }, labelled(`${OURS}enable`, "true"), undefined],
    ["opt-in, by Watchtower's", { policy: "Labeled" }, labelled(`${WATCHTOWER}enable`, "1"), undefined],
    ["opt-in, by a value that says nothing", { policy: "Labeled" }, labelled(`${OURS}enable`, "yes"), "Policy"],
    ["monitor-only has no effect", {}, labelled(`${WATCHTOWER}monitor-only`, "true"), undefined],

    ["a scope that nobody asks for", {}, labelled(`${WATCHTOWER}scope`, "blue"), "Scope"],
    ["the scope none", {}, labelled(`${WATCHTOWER}scope`, "none"), undefined],
    ["an empty scope", {}, labelled(`${OURS}scope`, ""), undefined],
    ["a scope that is asked for", { scope: "blue" }, labelled(`${WATCHTOWER}scope`, "blue"), undefined],
    ["no scope where one is asked for", { scope: "blue" }, {}, "Scope"],
    ["another scope", { scope: "blue" }, labelled(`${OURS}scope`, "red"), "Scope"],
    ["the scope none is asked for", { scope: "none" }, {}, undefined],
    [
      "our scope before Watchtower's",
      { scope: "blue" },
      { labels: { [`${OURS}scope`]: "blue", [`${WATCHTOWER}scope`]: "red" } },
      undefined,
    ],

    ["an excluded name", { excludeNames: ["db", "we."] }, {}, "ExcludeNames"],
    ["a name that only begins so", { excludeNames: ["we"] }, {}, undefined],
    ["an included name", { includeNames: ["db", "web.*"] }, {}, undefined],
    ["a name that is not included", { includeNames: ["db"] }, {}, "IncludeNames"],
    ["an image by its short name", { excludeImages: ["nginx"] }, {}, "ExcludeImages"],
    ["an image by its full name", { excludeImages: ["docker.io/library/.*"] }, {}, "ExcludeImages"],
    ["an image never by its tag", { excludeImages: ["nginx:1.27"] }, {}, undefined],
    [
      "an image pinned by digest",
      { excludeImages: ["nginx"] },
      { image: `nginx@sha256:${"a".repeat(64)}` },
      "ExcludeImages",
    ],
    [
      "an image of a registry with a port",
      { includeImages: ["registry.example.com:5000/team/.*"] },
      { image: "registry.example.com:5000/team/app:1" },
      undefined,
    ],
    ["an image that is not included", { includeImages: ["redis"] }, {}, "IncludeImages"],
    [
      "an image that is an id, by its text",
      { excludeImages: ["sha256:.*"] },
      { image: `sha256:${"a".repeat(64)}` },
      "ExcludeImages",
    ],
    [
      "an image that the daemon does not report",
      { includeImages: ["redis"], excludeImages: [".*"] },
      { failure: { reason: "PermissionDenied", message: "denied" } },
      undefined,
    ],

    // Which rule is reported.
    ["the scope before the label", { scope: "blue" }, labelled(`${OURS}enable`, "false"), "Scope"],
    ["the label before the lists", { excludeNames: ["web"] }, labelled(`${OURS}enable`, "false"), "Label"],
    ["exclusion although enabled", { excludeNames: ["web"] }, labelled(`${OURS}enable`, "true"), "ExcludeNames"],
    ["exclusion before inclusion", { includeNames: ["web"], excludeImages: ["nginx"] }, {}, "ExcludeImages"],
    ["names before images", { includeNames: ["db"], includeImages: ["redis"] }, {}, "IncludeNames"],
    [
      "both lists of inclusion must let it pass",
      { includeNames: ["web"], includeImages: ["redis"] },
      {},
      "IncludeImages",
    ],
  ])("%s", async (_, fields, facts, rule) => {
    expect((await exclusionOf(fields, facts))?.rule).toBe(rule);
  });

  it("says by what a container is excluded", async () => {
    expect((await exclusionOf({}, labelled(`${WATCHTOWER}enable`, "false")))?.message).toBe(
      "Excluded by its label com.centurylinklabs.watchtower.enable=false",
    );
    expect((await exclusionOf({ excludeNames: ["db", "w.*"] }))?.message).toBe(
      'Excluded by spec.updateCheck.containers.excludeNames: its name matches "w.*"',
    );
    expect((await exclusionOf({ scope: "blue" }, labelled(`${OURS}scope`, "red")))?.message).toBe(
      'Its label dockerhost.dev/scope=red names another scope: spec.updateCheck.containers.scope is "blue"',
    );
  });

  it.each(["includeNames", "excludeNames", "includeImages", "excludeImages"])(
    "fails for an invalid pattern of %s, and names it",
    async (field) => {
      expect(await compile({ [field]: ["web", "*"] })).toMatchObject({
        ok: false,
        failure: {
          reason: "InvalidSelection",
          message: expect.stringContaining(
            `spec.updateCheck.containers.${field}[1] "*" is invalid: missing argument to repetition operator`,
          ),
        },
      });
    },
  );

  it.each([
    [{ excludeNames: [`(?:${".?".repeat(32)}){1000}\n`] }, "excludeNames[0]", "needs 97005 instructions"],
    [{ includeImages: ["nginx", "(?:.?{32}){1000}"] }, "includeImages[1]", "needs 98004 instructions"],
    [{ includeNames: ["((a{100}){100}){100}"] }, "includeNames[0]", "needs more than 1000000 instructions"],
    [{ excludeImages: [`(?i)[b-\\x{1E942}]`] }, "excludeImages[0]", "instructions"],
    [
      { excludeNames: Array.from({ length: 32 }, () => "a{0,200}b") },
      "excludeNames[24]",
      "together with the patterns in front of it, it needs 10125 instructions, and the limit for one spec is 10000",
    ],
    [
      {
        excludeNames: Array.from({ length: 14 }, () => "a{0,200}b"),
        excludeImages: Array.from({ length: 14 }, () => "a{0,200}b"),
      },
      "excludeImages[10]",
      "together with the patterns in front of it",
    ],
  ])("refuses patterns that are too large, before they are compiled: %j", async (fields, field, problem) => {
    const refused = await compile(fields);
    if (refused.ok) throw new Error("not refused");
    expect(refused.failure.reason).toBe("InvalidSelection");
    expect(refused.failure.message).toContain(`spec.updateCheck.containers.${field} "`);
    expect(refused.failure.message).toContain(problem);
  });

  it("matches ten thousand containers in slices", async () => {
    let turns = 0;
    const slices = new WorkSlices(signal, async () => turns++);
    const selection = await compile({ excludeNames: ["(?:a?){120}b", ".*-db"], includeImages: ["nginx"] }, slices);
    if (!selection.ok) throw new Error(selection.failure.message);
    let excluded = 0;
    for (let i = 0; i < 10_000; i++) {
      const name = i % 2 === 0 ? `web-${i}` : `${"x".repeat(200)}-db`;
      if ((await selection.value(container({ name }))) !== undefined) excluded++;
    }
    expect(excluded).toBe(5_000);
    // Half of the names have 203 characters: 5000 times 484 instructions times 204 are 980 slices.
    expect(turns).toBeGreaterThan(900);
  });

  it("costs a few turns where the patterns are as people write them", async () => {
    let turns = 0;
    const slices = new WorkSlices(signal, async () => turns++);
    const selection = await compile({ excludeNames: ["db", ".*-test"], includeImages: ["nginx", "team/.*"] }, slices);
    if (!selection.ok) throw new Error(selection.failure.message);
    for (let i = 0; i < 1_000; i++) await selection.value(container({ name: `web-${i}` }));
    expect(turns).toBeLessThan(5);
  });

  it("lists those that run, and others on demand", () => {
    expect(statesOf(undefined, "Docker")).toEqual(["running"]);
    const all = containersOf({ includeStopped: true, includeRestarting: true });
    expect(statesOf(all, "Docker")).toEqual(["running", "created", "exited", "restarting"]);
    expect(statesOf(all, "Podman")).toEqual(["running", "created", "exited"]);
  });
});
