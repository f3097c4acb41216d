import { describe, expect, it } from "vitest";
import { DIGEST } from "../../test/support/container-update.ts";
import { ContainerUpdateSpecSchema } from "../api/container-update-spec.ts";
import { advised } from "../api/failure.ts";
import { downtimeText, reportEnd } from "./outcome.ts";

const SPEC = ContainerUpdateSpecSchema.parse({
  hostRef: { name: "edge-7" },
  container: "web",
  image: "shop/web:1",
  digest: DIGEST,
});
const UNHEALTHY = advised("ContainerUnhealthy", "The health check failed");

describe("the report of an update that has ended", () => {
  const succeeded = { before: "sha256:old", after: "sha256:new", downtimeMs: 1, warnings: [] };
  const failed = { phase: "Failed", state: "ended" };
  it.each([
    [
      "a new container",
      { kind: "Succeeded", ...succeeded },
      { phase: "Succeeded", state: "succeeded", reason: "UpdateSucceeded", message: `Container web runs ${DIGEST}` },
    ],
    [
      "nothing to do",
      { kind: "UpToDate" },
      { phase: "Succeeded", message: `Container web already runs ${DIGEST}, and nothing was changed` },
    ],
    [
      "a rollback",
      { kind: "RolledBack", failure: UNHEALTHY },
      {
        phase: "RolledBack",
        state: "ended",
        reason: "ContainerUnhealthy",
        message: expect.stringMatching(/^The old container is back as it was\. The health check failed/),
      },
    ],
    [
      "a container that was kept",
      { kind: "Kept", failure: UNHEALTHY },
      {
        ...failed,
        reason: "ContainerUnhealthy",
        message: expect.stringContaining("stopped under the name web.dockerhost-0123456789ab-kept. The health check"),
      },
    ],
    [
      "a refusal",
      { kind: "Failed", failure: advised("ImageNotPulled", "No such image") },
      { ...failed, message: expect.stringMatching(/^Nothing was changed\. No such image/) },
    ],
    [
      "a rollback that failed",
      { kind: "Failed", failure: advised("RollbackFailed", "No space is left") },
      { ...failed, message: expect.stringMatching(/^The old container could not be put back\. No space is left/) },
    ],
    [
      "a container that is another one now",
      { kind: "Superseded", failure: advised("UpdateSuperseded", "It is another one") },
      { phase: "Superseded", state: "ended", message: expect.stringMatching(/^It is another one/) },
    ],
    [
      "a user who cancelled it",
      { kind: "Cancelled", failure: advised("UpdateCancelled", "It was cancelled") },
      { phase: "Cancelled", message: expect.stringMatching(/^The old container is as it was\. It was cancelled/) },
    ],
  ] as const)("with %s", (_, result, expected) => {
    expect(reportEnd(SPEC, result, "0123456789ab")).toMatchObject(expected);
  });
});

describe("the text of a downtime", () => {
  it.each([
    [0, "0s"],
    [49, "0s"],
    [50, "0.1s"],
    [999, "1s"],
    [1_834, "1.8s"],
    [12_000, "12s"],
    [59_949, "59.9s"],
    [59_950, "1m"],
    [60_499, "1m"],
    [60_500, "1m1s"],
    [124_400, "2m4s"],
    [3_600_000, "1h"],
  ])("of %d ms is %s", (ms, text) => {
    expect(downtimeText(ms)).toBe(text);
  });
});
