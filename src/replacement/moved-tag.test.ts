import { describe, expect, it } from "vitest";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { BEFORE, GOOD, imageOf, OTHER } from "../../test/support/memory-images.ts";
import { replace } from "./replace.ts";
import { restoreTag } from "./restore-tag.ts";
import { LABEL, placeName, writeLabel } from "./transaction-label.ts";

const IMAGE = imageOf("web");
const [TAG, DIGEST] = [{ image: IMAGE }, { image: `${IMAGE}@${GOOD}` }];

/** `web` and `other`, which `arrange` makes of `web`'s image; then the update of `web` to the second image fails. */
async function tagAfterFailure(daemon: MemoryDaemon, arrange: (daemon: MemoryDaemon) => unknown): Promise<unknown> {
  const id = daemon.run("web");
  await arrange(daemon);
  daemon.refusesPolicy = (container) => container?.id === id;
  expect(await replace(daemon.request("web", GOOD), daemon.ports())).toMatchObject({ kind: "RolledBack" });
  expect(daemon.get("web")).toMatchObject({ id, state: "running", policy: { Name: "always" } });
  return daemon.tags.get(IMAGE);
}

/** Runs `name` on the second image. */
function runGood(daemon: MemoryDaemon, name: string, options: { readonly image: string }): string {
  daemon.tagByHand(GOOD, options.image);
  return daemon.run(name, {}, options);
}

describe.each(["containerd", "graph driver"] as const)("the tag of an update that failed, with %s", (store) => {
  const [before, good] = [BEFORE, GOOD].map((digest) => new MemoryDaemon(store).images.idOf(digest));

  it.each<[string, (daemon: MemoryDaemon) => unknown]>([
    [
      "was updated to the new image before",
      async (daemon) => {
        daemon.run("other", {}, TAG);
        const updated = await replace({ ...daemon.request("other", GOOD), image: IMAGE }, daemon.ports());
        expect(updated).toMatchObject({ kind: "Succeeded" });
      },
    ],
    ["was started by hand from the new image", (daemon) => runGood(daemon, "other", TAG)],
    [
      "was so, and is stopped now",
      (daemon) => daemon.set(runGood(daemon, "other", TAG), { state: "exited", isStopped: true }),
    ],
  ])("stays if another container of this tag %s", async (_, arrange) => {
    expect(await tagAfterFailure(new MemoryDaemon(store), arrange)).toBe(good);
  });

  it.each<[string, (daemon: MemoryDaemon) => unknown]>([
    ["there is no other", () => undefined],
    ["another container of this tag runs the old image", (daemon) => daemon.run("other", {}, TAG)],
    ["another container runs the new image under another tag", (daemon) => runGood(daemon, "other", DIGEST)],
    [
      "a new container of an earlier update was kept after it failed",
      (daemon) => {
        runGood(daemon, placeName("web", "0123456789ab", "failed"), TAG);
        daemon.tagByHand(BEFORE, IMAGE);
      },
    ],
    [
      "somebody has renamed the new container of an earlier update",
      (daemon) => {
        const label = {
          txn: "0123456789ab",
          owner: "tests",
          lease: "",
          term: 1,
          main: true,
          name: "web",
          replaces: "a".repeat(64),
        };
        const rest = {
          wasRunning: true,
          restartPolicy: { Name: "always" },
          imageId: "",
          oldImageId: "",
          healthTimeoutMs: 0,
          stableForMs: 0,
        };
        daemon.tagByHand(GOOD, IMAGE);
        const labels = { [LABEL]: writeLabel({ ...label, ...rest, onFailure: "RollBack", restarts: [] }) };
        daemon.run("mine", labels, TAG);
        daemon.tagByHand(BEFORE, IMAGE);
      },
    ],
  ])("is moved back if %s", async (_, arrange) => {
    expect(await tagAfterFailure(new MemoryDaemon(store), arrange)).toBe(before);
  });
});

it("stays after a crash if another container has been updated to the same image", async () => {
  const daemon = new MemoryDaemon();
  daemon.run("web");
  daemon.run("other", {}, TAG);
  await replace({ ...daemon.request("other", GOOD), image: IMAGE }, daemon.ports());
  expect(await restoreTag(daemon.request("web", GOOD), { ...TAG, imageId: BEFORE }, daemon.ports())).toMatchObject({
    ok: true,
  });
  expect(daemon.tags.get(IMAGE)).toBe(GOOD);
});

it("stays where somebody else has moved it", async () => {
  const daemon = new MemoryDaemon();
  daemon.run("web");
  daemon.tagByHand(OTHER, IMAGE);
  await restoreTag(daemon.request("web", GOOD), { ...TAG, imageId: BEFORE }, daemon.ports());
  expect(daemon.tags.get(IMAGE)).toBe(OTHER);
});
