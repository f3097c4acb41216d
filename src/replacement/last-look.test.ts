import { describe, expect, it } from "vitest";
import type { ListedDetails } from "../docker/engine-details.ts";
import { changedMeanwhile } from "./last-look.ts";
import type { Member } from "./next-step.ts";

const OLD = { id: "old", name: "web", image: "web:1", imageId: "sha256:1", state: "running", labels: {} };
const NEW = {
  id: "new",
  name: "web.dockerhost-0123456789ab-new",
  image: "web:1",
  imageId: "sha256:2",
  state: "created",
  labels: {},
};

function reasonOf(
  old: Partial<ListedDetails> | undefined,
  fresh: Partial<ListedDetails> | null = {},
  wasRunning = true,
) {
  const member: Member = {
    name: "web",
    main: true,
    wasRunning,
    restartPolicy: undefined,
    old: { id: "old", place: "name", isUp: wasRunning, isHeld: false },
    new: { id: "new", place: "new", isUp: false, wasStarted: false, isHeld: false },
  };
  const listed = [
    ...(old === undefined ? [] : [{ ...OLD, ...old }]),
    ...(fresh === null ? [] : [{ ...NEW, ...fresh }]),
  ];
  return changedMeanwhile(listed, [member], () => "sha256:2");
}

describe("the last look before a container is touched", () => {
  it.each([
    ["finds nothing", {}, true],
    ["finds nothing of one that restarts in a loop", { state: "restarting" }, true],
    ["finds nothing of one that did not run", { state: "exited" }, false],
    ["finds nothing of one that was only created", { state: "created" }, false],
  ] as const)("%s", (_, old, wasRunning) => {
    expect(reasonOf(old, {}, wasRunning)).toBeUndefined();
  });

  it.each([
    ["removed", undefined, true],
    ["renamed", { name: "other" }, true],
    ["stopped", { state: "exited" }, true],
    ["stopped", { state: "created" }, true],
    ["started", { state: "running" }, false],
    ["paused", { state: "paused" }, true],
  ] as const)("finds that somebody %s it", (did, old, wasRunning) => {
    expect(reasonOf(old, {}, wasRunning)).toMatchObject({
      reason: "UpdateSuperseded",
      message: expect.stringContaining(`Somebody ${did} container web during the update`),
    });
  });

  it("finds that somebody removed the new one", () => {
    expect(reasonOf({}, null)).toMatchObject({
      reason: "UpdateSuperseded",
      message: expect.stringContaining("The new container web was removed by somebody"),
    });
  });

  it("finds that the tag was moved between the pull and the creation", () => {
    expect(reasonOf({}, { imageId: "sha256:3" })).toMatchObject({ reason: "ImageMismatch" });
  });
});
