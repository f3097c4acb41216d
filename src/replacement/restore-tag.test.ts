import { describe, expect, it } from "vitest";
import { intercepted } from "../../test/support/intercepted.ts";
import { refuse } from "../../test/support/memory-answers.ts";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { BEFORE, GOOD, imageOf, OTHER } from "../../test/support/memory-images.ts";
import { success } from "../common/result.ts";
import { replace } from "./replace.ts";
import type { ReplacementPorts } from "./request.ts";
import { restoreTag } from "./restore-tag.ts";

const TAG = imageOf("web");

/** `web` on the first image, whose name an interrupted update has moved to another one. */
function moved(): MemoryDaemon {
  const daemon = new MemoryDaemon();
  daemon.run("web");
  daemon.tagByHand(GOOD, TAG);
  return daemon;
}

async function restored(daemon: MemoryDaemon, image = TAG, more: Partial<ReplacementPorts> = {}) {
  const request = { ...daemon.request("web", GOOD), image };
  const outcome = await restoreTag(request, { image: TAG, imageId: BEFORE }, daemon.ports(more));
  return [outcome.ok ? "done" : outcome.failure.reason, daemon.tags.get(TAG)];
}

describe("the name of an image after an update that was interrupted and has failed", () => {
  it.each<[string, (daemon: MemoryDaemon) => unknown, string | undefined]>([
    ["stands for the old image again", () => undefined, BEFORE],
    ["does so if somebody has removed the container", (daemon) => daemon.containers.clear(), BEFORE],
    [
      "does so if somebody has removed the name",
      (daemon) => {
        daemon.images.ids.delete(GOOD);
        daemon.tags.delete(TAG);
      },
      BEFORE,
    ],
    ["stays as somebody else has moved it", (daemon) => daemon.tagByHand(OTHER, TAG), OTHER],
    ["stays if the new container does", (daemon) => replace(daemon.request("web", GOOD), daemon.ports()), GOOD],
  ])("%s", async (_, arrange, tag) => {
    const daemon = moved();
    await arrange(daemon);
    expect(await restored(daemon)).toEqual(["done", tag]);
  });

  it("stays if the update was for another name than the container's", async () => {
    expect(await restored(moved(), imageOf("other"))).toEqual(["done", GOOD]);
    expect(await restored(moved(), `${TAG}@${GOOD}`)).toEqual(["done", GOOD]);
  });

  it("is left to the next process if this one has to stop", async () => {
    expect(await restored(moved(), TAG, { signal: AbortSignal.abort() })).toEqual(["UpdateInterrupted", GOOD]);
    expect(await restored(moved(), TAG, { mayChange: () => false })).toEqual(["LeadershipLost", GOOD]);
  });

  it.each(["inspectImage", "inspectContainer", "tag"])("stays if the daemon refuses %s", async (refused) => {
    const daemon = moved();
    const open = () =>
      intercepted(daemon.ports().open(), async (request, send) =>
        request === refused ? refuse(request, "DaemonError", 500) : await send(),
      );
    expect(await restored(daemon, TAG, { open })).toEqual(["done", GOOD]);
  });

  it("costs no change if it was not moved", async () => {
    const daemon = new MemoryDaemon();
    daemon.run("web");
    expect(await restoreTag(daemon.request("web", GOOD), { image: TAG, imageId: BEFORE }, daemon.ports())).toEqual(
      success(undefined),
    );
    expect(daemon.changes).toEqual([]);
  });
});
