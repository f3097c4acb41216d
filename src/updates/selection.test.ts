import { describe, expect, it } from "vitest";
import { parsedSpec } from "../../test/support/docker-host.ts";
import type { ContainerFacts } from "./facts.ts";
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

function exclusionOf(fields: Fields, facts: Partial<ContainerFacts> = {}) {
  const selection = compileSelection(containersOf(fields));
  if (!selection.ok) throw new Error(selection.failure.message);
  return selection.value(container(facts));
}

const OURS = "dockerhost.dev/";
const WATCHTOWER = "com.centurylinklabs.watchtower.";
const labelled = (name: string, value: string) => ({ labels: { [name]: value } });

describe("the selection of containers", () => {
  it("takes every container where nothing is said", () => {
    const selection = compileSelection(undefined);
    expect(selection.ok && selection.value(container())).toBeUndefined();
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
      "an image that the daemon does not tell",
      { includeImages: ["redis"], excludeImages: [".*"] },
      { failure: { reason: "PermissionDenied", message: "denied" } },
      undefined,
    ],

    // Which rule is told.
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
  ])("%s", (_, fields, facts, rule) => {
    expect(exclusionOf(fields, facts)?.rule).toBe(rule);
  });

  it("says by what a container is excluded", () => {
    expect(exclusionOf({}, labelled(`${WATCHTOWER}enable`, "false"))?.message).toBe(
      "Excluded by its label com.centurylinklabs.watchtower.enable=false",
    );
    expect(exclusionOf({ excludeNames: ["db", "w.*"] })?.message).toBe(
      'Excluded by spec.updateCheck.containers.excludeNames: its name matches "w.*"',
    );
    expect(exclusionOf({ scope: "blue" }, labelled(`${OURS}scope`, "red"))?.message).toBe(
      'Its label dockerhost.dev/scope=red names another scope: spec.updateCheck.containers.scope is "blue"',
    );
  });

  it.each(["includeNames", "excludeNames", "includeImages", "excludeImages"])(
    "fails for an invalid pattern of %s, and names it",
    (field) => {
      expect(compileSelection(containersOf({ [field]: ["web", "*"] }))).toMatchObject({
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

  it("lists those that run, and others on demand", () => {
    expect(statesOf(undefined, "Docker")).toEqual(["running"]);
    const all = containersOf({ includeStopped: true, includeRestarting: true });
    expect(statesOf(all, "Docker")).toEqual(["running", "created", "exited", "restarting"]);
    expect(statesOf(all, "Podman")).toEqual(["running", "created", "exited"]);
  });
});
