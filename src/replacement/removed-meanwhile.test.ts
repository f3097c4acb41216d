import { describe, expect, it } from "vitest";
import { losing } from "../../test/support/losing.ts";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { BAD, GOOD, SICK } from "../../test/support/memory-images.ts";
import { rightBefore } from "../../test/support/right-before.ts";
import { success } from "../common/result.ts";
import { recover } from "./recover.ts";
import { replace } from "./replace.ts";
import type { Progress } from "./request.ts";
import { LABEL, readPlaceName } from "./transaction-label.ts";

const SHORT = { health: { timeoutMs: 2_000, stableForMs: 1_000 } };

/** A daemon on which `side` uses the network of `web`. */
function withSide() {
  const daemon = new MemoryDaemon();
  const web = daemon.run("web");
  const side = daemon.run("side", {}, { networkMode: `container:${web}` });
  return { daemon, web, side };
}

function newOf(daemon: MemoryDaemon, old: string): string {
  const fresh = [...daemon.containers.values()].find(({ id, labels }) => id !== old && Object.hasOwn(labels, LABEL));
  return fresh?.id ?? "";
}

const STEPS: readonly Progress["step"][] = [
  "HoldPolicy",
  "StopOld",
  "RenameOld",
  "RenameNew",
  "StartNew",
  "Verify",
  "HoldNew",
  "StopNew",
  "SetAside",
  "RestorePolicy",
  "RenameBack",
  "StartOld",
  "RemoveNew",
];

describe.each([
  ["an update", GOOD],
  ["an update that ends", BAD],
  ["an update that is sick", SICK],
] as const)("before each step of %s with a dependant,", (_, digest) => {
  it.each(STEPS)("before %s: somebody removes the old one, and nothing is left over", async (step) => {
    const { daemon, web, side } = withSide();
    const ports = daemon.ports(rightBefore(step, () => daemon.containers.delete(web)));
    const result = await replace(daemon.request("web", digest, SHORT), ports);
    const names = [...daemon.containers.values()].map(({ name }) => name).toSorted();
    expect(names.filter((name) => readPlaceName(name) !== undefined)).toEqual([]);
    expect(names).toContain("side");
    expect(await recover(daemon.ports())).toEqual(success([]));
    expect(daemon.violations).toEqual([]);
    // A dependant that the daemon cannot start is reported.
    const isDown = daemon.get("side")?.state !== "running";
    if (isDown && "failure" in result) expect(result.failure.message).toMatch(/side/);
    if (daemon.get("side")?.id === side) expect(daemon.get("side")).toMatchObject({ policy: { Name: "always" } });
  });

  it.each(STEPS)("before %s: somebody takes the name, and only the main one is kept under another", async (step) => {
    const { daemon, web } = withSide();
    const take = () => daemon.get("web") ?? daemon.run("web");
    const result = await replace(daemon.request("web", digest, SHORT), daemon.ports(rightBefore(step, take)));
    const aside = [...daemon.containers.values()].filter(({ name }) => readPlaceName(name) !== undefined);
    expect(aside.every(({ id, name }) => id === web && name.endsWith("-kept"))).toBe(true);
    expect(daemon.get("side")).toMatchObject({ policy: { Name: "always" } });
    if (aside.length > 0) {
      expect(result).toMatchObject({ kind: "Superseded" });
      const message = "failure" in result ? result.failure.message : "";
      for (const each of [aside[0]?.name ?? "", "container side could not be started"]) expect(message).toContain(each);
    }
    expect(await recover(daemon.ports())).toEqual(success([]));
  });
});

describe("somebody removes containers", () => {
  it.each([
    ["before a request whose answer is lost", true],
    ["before a request that is lost", false],
  ])("the new one %s, and the old one is put back", async (_, isCarriedOut) => {
    const daemon = new MemoryDaemon();
    const old = daemon.run("web");
    const { open } = losing(daemon, ["removeImage"], isCarriedOut);
    const remove = rightBefore("RemoveImage", () => daemon.containers.delete(newOf(daemon, old)));
    const result = await replace(daemon.request("web", GOOD, SHORT), daemon.ports({ open, ...remove }));
    expect(result).toMatchObject({ kind: "Superseded" });
    expect(daemon.list).toEqual(["web running"]);
    expect(daemon.get("web")).toMatchObject({ id: old, policy: { Name: "always" } });
  });

  it.each(["StopNew", "SetAside", "RestorePolicy", "RenameBack"] as const)(
    "all that are stopped, before %s of a rollback, and the new one is started again",
    async (step) => {
      for (const isPruned of [true, false]) {
        const daemon = new MemoryDaemon();
        const old = daemon.run("web");
        const remove = () => daemon.containers.delete(old);
        // What runs is not pruned.
        const act = isPruned && step === "StopNew" ? () => daemon.prune() : remove;
        const result = await replace(daemon.request("web", SICK, SHORT), daemon.ports(rightBefore(step, act)));
        expect(result).toMatchObject({ kind: "Failed", failure: { reason: "RollbackFailed" } });
        expect(daemon.list).toEqual(["web running"]);
        expect(daemon.get("web")).toMatchObject({ imageId: SICK, policy: { Name: "always" } });
        expect(await recover(daemon.ports())).toEqual(success([]));
      }
    },
  );
});
