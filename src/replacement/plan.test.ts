import { describe, expect, it } from "vitest";
import { success } from "../common/result.ts";
import { ContainerDetails, ImageDetails } from "../docker/engine-details.ts";
import { CLIENT_MAX } from "../docker/negotiate.ts";
import { preparePlan } from "./plan.ts";
import { TiesCache } from "./ties.ts";

const ID = "a".repeat(64);
const IMAGE = ImageDetails.parse({ Id: "sha256:1", Config: {} });
const CONTAINER = ContainerDetails.parse({
  Id: ID,
  Name: "/web",
  Image: "sha256:1",
  State: { Status: "running" },
  Config: { Image: "web:1" },
  HostConfig: { NetworkMode: "none" },
  NetworkSettings: { Networks: { none: {} } },
});
const REQUEST = {
  container: "web",
  image: "web:1",
  digest: `sha256:${"1".repeat(64)}`,
  health: { timeoutMs: 1, stableForMs: 1 },
  onFailure: "RollBack",
  removeOldImage: false,
  hooks: "Disabled",
} as const;

interface Wanted {
  readonly apiVersion?: string;
  readonly isPinned?: boolean;
  readonly hooks?: "Disabled" | "Labels";
  readonly labels?: Readonly<Record<string, string>>;
  readonly isRunning?: boolean;
  readonly tags?: readonly string[] | null;
  readonly image?: string;
  readonly isResumed?: boolean;
  readonly stopTimeout?: number;
}

async function planWith({
  hooks = "Disabled",
  labels = {},
  isRunning = true,
  tags = ["web:1"],
  image = "web:1",
  isResumed = false,
  stopTimeout,
  apiVersion = CLIENT_MAX,
  ...engine
}: Wanted) {
  const refuse = () => Promise.reject(new Error("this must not be called"));
  const details = {
    inspectForRecreation: async () =>
      success({
        ...CONTAINER,
        State: { Status: isRunning ? "running" : "exited" },
        Config: { ...CONTAINER.Config, Labels: labels, ...(stopTimeout !== undefined && { StopTimeout: stopTimeout }) },
      }),
    inspectImage: async () => success({ ...IMAGE, RepoTags: tags && [...tags] }),
    inspectContainer: refuse,
    listContainers: refuse,
    info: refuse,
    inspectExec: refuse,
  };
  const listed = [{ id: ID, name: "web", image: "web:1", imageId: "sha256:1", state: "running", labels: {} }];
  const described = { name: "Docker", apiVersion, ...engine };
  const plan = await preparePlan(
    { details },
    { ...REQUEST, hooks, image, isResumed },
    described,
    listed,
    new TiesCache(),
  );
  if (!plan.ok) throw new Error(plan.failure.message);
  return plan.value;
}

async function warningsWith(wanted: Wanted) {
  return (await planWith(wanted)).warnings;
}

describe("a plan for a host whose API version is pinned", () => {
  it("warns that newer settings cannot be seen", async () => {
    expect(await warningsWith({ apiVersion: "1.44", isPinned: true })).toEqual([
      "API 1.44 is pinned: settings that need a newer version are neither seen nor carried over",
    ]);
  });

  it.each([
    ["nothing is pinned", { apiVersion: "1.44", isPinned: false }],
    ["the newest version is pinned", { apiVersion: CLIENT_MAX, isPinned: true }],
  ])("does not warn if %s", async (_, engine) => {
    expect(await warningsWith(engine)).toEqual([]);
  });
});

describe("a plan for a container with lifecycle hooks", () => {
  const labels = {
    "com.centurylinklabs.watchtower.lifecycle.pre-update": "pg_dump",
    "dockerhost.dev/lifecycle.post-update": "warm-up",
    "dockerhost.dev/lifecycle.pre-check": "never run",
  };

  it("names those that will be run", async () => {
    expect(await planWith({ hooks: "Labels", labels })).toMatchObject({
      hooks: ["pre-update of web", "post-update of web"],
      warnings: [],
    });
  });

  it("warns that they are not run if the update does not ask for them", async () => {
    expect(await planWith({ labels })).toMatchObject({
      hooks: [],
      warnings: [
        "Lifecycle hooks (pre-update of web, post-update of web) are not run, because the update does not ask for them",
      ],
    });
  });

  it.each<Wanted>([
    { labels: {} },
    { labels, isRunning: false },
    { labels: { "dockerhost.dev/lifecycle.pre-update": "" } },
    { labels: { "dockerhost.dev/lifecycle.pre-check": "a" } },
  ])("does not mention any if none would be run: %j", async (wanted) => {
    for (const hooks of ["Disabled", "Labels"] as const) {
      expect(await planWith({ ...wanted, hooks })).toMatchObject({ hooks: [], warnings: [] });
    }
  });
});

describe("a plan for a container whose image has lost its name", () => {
  it.each<Wanted>([{ tags: [] }, { tags: null }, { tags: ["web:2", "other:1"] }])("says so: %j", async (wanted) => {
    expect(await warningsWith(wanted)).toEqual([
      "On this host, web:1 no longer names the image that web runs, as after `docker pull` or a killed update; that stays so if this update fails before it stops web",
    ]);
  });

  it.each<Wanted>([
    { tags: ["web:1"] },
    // The container was created from another name, which the update does not move.
    { tags: [], image: "web:2" },
    // The update may have moved it itself, and moves it back if it fails.
    { tags: [], isResumed: true },
  ])("does not mention it otherwise: %j", async (wanted) => {
    const warnings = await warningsWith(wanted);
    expect(warnings.filter((each) => each.includes("no longer names"))).toEqual([]);
  });
});

it.each([
  [{}, 10_000],
  [{ stopTimeout: 0 }, 0],
  [{ stopTimeout: 90 }, 90_000],
  [{ stopTimeout: -1 }, 3_600_000],
  [{ isRunning: false }, undefined],
])("a plan says how long the stop may take with %j", async (wanted, stopMs) => {
  expect((await planWith(wanted)).stopMs).toBe(stopMs);
});
