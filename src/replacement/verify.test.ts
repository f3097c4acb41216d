import { describe, expect, it } from "vitest";
import { ContainerDetails } from "../docker/engine-details.ts";
import { type Proof, verifyNew } from "./verify.ts";

const PROOF: Proof = { wasRunning: true, imageId: "sha256:new", healthTimeoutMs: 60_000, stableForMs: 10_000 };

function container(state: object, { Memory = 0, Image = PROOF.imageId, RestartCount = 0 } = {}): ContainerDetails {
  return ContainerDetails.parse({
    Id: "a".repeat(64),
    Name: "/web",
    Image,
    RestartCount,
    State: { Status: "running", ExitCode: 0, OOMKilled: false, ...state },
    Config: { Image: "shop/web:1" },
    HostConfig: { Memory },
    NetworkSettings: {},
  });
}

const killed = { Status: "exited", ExitCode: 137 };
const limit = { Memory: 16 * 1024 * 1024 };

describe("the new container", () => {
  it.each([
    ["runs without a health check for long enough", {}, {}, 10_000],
    ["is healthy", { Health: { Status: "healthy" } }, {}, 0],
  ])("is proved when it %s", (_, state, rest, ms) => {
    expect(verifyNew(container(state, rest), "web", PROOF, ms)).toEqual({ kind: "proved" });
  });

  it("is proved immediately when the old one did not run either", () => {
    const proof = { ...PROOF, wasRunning: false };
    expect(verifyNew(container({ Status: "created" }), "web", proof, 0)).toEqual({ kind: "proved" });
  });

  it.each([
    ["runs without a health check, and not for long enough", {}, 9_999],
    ["is still starting", { Health: { Status: "starting" } }, 59_999],
    ["is unhealthy, and may still become healthy", { Health: { Status: "unhealthy" } }, 59_999],
    ["is paused by somebody", { Status: "paused" }, 0],
  ])("is waited for while it %s", (_, state, ms) => {
    expect(verifyNew(container(state), "web", PROOF, ms)).toEqual({ kind: "waiting" });
  });

  it.each([
    ["runs another image", {}, { Image: "sha256:other" }, 0, "ImageMismatch", "runs sha256:other instead of"],
    ["ended", { Status: "exited", ExitCode: 3 }, {}, 0, "ContainerExited", "ended (exit code 3)"],
    ["was killed without a limit of its memory", killed, {}, 0, "ContainerExited", "ended (exit code 137)"],
    ["was terminated at a limit of its memory", { ...killed, ExitCode: 143 }, limit, 0, "ContainerExited", "143"],
    [
      "restarts",
      { Status: "restarting", ExitCode: 1 },
      { RestartCount: 2 },
      0,
      "ContainerRestarting",
      "restarted 2 times",
    ],
    ["runs again after it ended", {}, { RestartCount: 1 }, 0, "ContainerRestarting", "restarted once"],
    ["ran out of memory", { ...killed, OOMKilled: true }, {}, 0, "ContainerOutOfMemory", "was killed, because"],
    [
      "was killed at a limit of its memory",
      killed,
      limit,
      0,
      "ContainerOutOfMemory",
      "exit code 137), most likely because",
    ],
    [
      "is killed again and again at a limit of its memory",
      { Status: "restarting", ExitCode: 137 },
      { ...limit, RestartCount: 4 },
      0,
      "ContainerOutOfMemory",
      "most likely because",
    ],
    [
      "is never healthy",
      { Health: { Status: "unhealthy" } },
      {},
      60_000,
      "ContainerUnhealthy",
      "still failed after 1m",
    ],
    [
      "never stops starting",
      { Health: { Status: "starting" } },
      {},
      60_000,
      "HealthCheckTimedOut",
      "starting after 1m",
    ],
  ])("has failed when it %s", (_, state, rest, ms, reason, problem) => {
    expect(verifyNew(container(state, rest), "web", PROOF, ms)).toMatchObject({
      kind: "failed",
      failure: { reason, message: expect.stringContaining(problem) },
    });
  });

  it("has failed when somebody removed it", () => {
    expect(verifyNew(undefined, "web", PROOF, 0)).toMatchObject({ failure: { reason: "UpdateSuperseded" } });
  });
});
