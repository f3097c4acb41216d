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

async function warningsWith(engine: { readonly apiVersion: string; readonly isPinned?: boolean }) {
  const refuse = () => Promise.reject(new Error("this must not be called"));
  const details = {
    inspectForRecreation: async () => success(CONTAINER),
    inspectImage: async () => success(IMAGE),
    inspectContainer: refuse,
    listContainers: refuse,
    info: refuse,
    inspectExec: refuse,
  };
  const listed = [{ id: ID, name: "web", imageId: "sha256:1", state: "running", labels: {} }];
  const plan = await preparePlan({ details }, REQUEST, { name: "Docker", ...engine }, listed, new TiesCache());
  if (!plan.ok) throw new Error(plan.failure.message);
  return plan.value.warnings;
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
