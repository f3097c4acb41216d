import { describe, expect, it } from "vitest";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { BAD, BEFORE, GOOD, imageOf, OTHER } from "../../test/support/memory-images.ts";
import { success } from "../common/result.ts";
import { replace } from "./replace.ts";
import type { Progress } from "./request.ts";

const STORES = ["containerd", "graph driver"] as const;

/** A daemon on which a sidecar shares the network of web. */
function withSidecar(store: (typeof STORES)[number]): MemoryDaemon {
  const daemon = new MemoryDaemon(store);
  const web = daemon.run("web");
  daemon.run("sidecar", {}, { networkMode: `container:${web}` });
  return daemon;
}

const isPulled = (daemon: MemoryDaemon) => daemon.tagByHand(OTHER, imageOf("sidecar"));
const isUntagged = (daemon: MemoryDaemon) => daemon.tags.delete(imageOf("sidecar"));

describe.each(STORES)("a dependant whose image has lost its name, on the %s store", (store) => {
  it.each([
    ["a newer one was pulled", isPulled, OTHER],
    ["its name was removed", isUntagged, BEFORE],
  ])("keeps its image, and the name names the same image as before: %s", async (_, lose, named) => {
    const daemon = withSidecar(store);
    lose(daemon);
    expect(await replace(daemon.request("web", GOOD), daemon.ports())).toMatchObject({ kind: "Succeeded" });
    expect(daemon.list).toEqual(["sidecar running", "web running"]);
    expect(daemon.get("sidecar")?.imageId).toBe(daemon.images.idOf(BEFORE));
    expect(daemon.tags.get(imageOf("sidecar"))).toBe(daemon.images.idOf(named));
  });

  it("is put back with the container that fails, and the name stays", async () => {
    const daemon = withSidecar(store);
    isPulled(daemon);
    expect(await replace(daemon.request("web", BAD), daemon.ports())).toMatchObject({ kind: "RolledBack" });
    expect(daemon.list).toEqual(["sidecar running", "web running"]);
    expect(daemon.tags.get(imageOf("sidecar"))).toBe(daemon.images.idOf(OTHER));
  });

  it("is never reported as put back", async () => {
    const daemon = withSidecar(store);
    isPulled(daemon);
    const phases = new Set<string>();
    const record = async ({ phase }: Progress) => {
      phases.add(phase);
      return success(undefined);
    };
    await replace(daemon.request("web", GOOD), daemon.ports({ record }));
    expect([...phases]).toEqual(["Pulling", "Replacing", "Verifying"]);
  });

  it("costs requests only if it has", async () => {
    const daemon = withSidecar(store);
    await replace(daemon.request("web", GOOD), daemon.ports());
    expect(daemon.changes.filter((change) => change.startsWith("tag"))).toEqual(["tag 2"]);
  });
});
