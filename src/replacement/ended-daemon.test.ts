import { describe, expect, it } from "vitest";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { GOOD } from "../../test/support/memory-images.ts";
import { rightBefore } from "../../test/support/right-before.ts";
import { failed } from "../api/failure.ts";
import { success } from "../common/result.ts";
import { recover } from "./recover.ts";
import { replace } from "./replace.ts";
import type { Progress } from "./request.ts";

describe("a new container that ends while the old one is being removed, as with its daemon", () => {
  /** The old one runs for a moment, so that its removal is refused. */
  const ended = (daemon: MemoryDaemon, old: string) =>
    daemon.ports(
      rightBefore("RemoveOld", () => {
        daemon.set(old, { state: "running" });
        daemon.set(daemon.get("web")?.id ?? "", { state: "exited" });
      }),
    );

  it("is started again", async () => {
    const daemon = new MemoryDaemon();
    const id = daemon.run("web");
    expect(await replace(daemon.request("web", GOOD), ended(daemon, id))).toMatchObject({ kind: "Succeeded" });
    expect(daemon.list).toEqual(["web running"]);
    expect(daemon.get("web")?.imageId).toBe(GOOD);
    expect(daemon.changes.slice(-3)).toEqual(["stop old", "start web", "remove old"]);
  });

  it("is replaced by the old one if it does not start again", async () => {
    const daemon = new MemoryDaemon();
    const id = daemon.run("web");
    const ports = ended(daemon, id);
    let starts = 0;
    const open = () => {
      const { changes, ...access } = ports.open();
      // The second start of the new one finds no such container.
      const start = (each: string) => changes.start(each !== id && ++starts > 1 ? "0".repeat(64) : each);
      return { ...access, changes: { ...changes, start } };
    };
    const result = await replace(daemon.request("web", GOOD), { ...ports, open });
    expect(result).toMatchObject({ kind: "RolledBack" });
    expect(daemon.list).toEqual(["web running"]);
    expect(daemon.get("web")?.id).toBe(id);
  });
});

describe("containers that are restarted after an update", () => {
  const LABELS = { "dockerhost.dev/depends-on": "web" };

  function withDependants() {
    const daemon = new MemoryDaemon();
    daemon.run("web");
    const [first, second] = ["first", "second"].map((name) => daemon.run(name, LABELS));
    daemon.set(daemon.run("stopped", LABELS), { state: "exited" });
    return { daemon, first: first ?? "", second: second ?? "" };
  }

  /** The daemon ends in the middle of a restart, and the process that updates with it. */
  async function interrupted(inTheMiddle: (world: ReturnType<typeof withDependants>) => void, restarts: number) {
    const world = withDependants();
    const killed = new AbortController();
    let count = 0;
    const record = async ({ step }: Progress) => {
      if (step === "Restart" && ++count === restarts) {
        inTheMiddle(world);
        killed.abort();
      }
      return success(undefined);
    };
    const ports = world.daemon.ports({ record, signal: killed.signal });
    expect(await replace(world.daemon.request("web", GOOD), ports)).toMatchObject({ kind: "Interrupted" });
    const done = world.daemon.changes.length;
    expect(await recover(world.daemon.ports())).toMatchObject(success([{ result: { kind: "Succeeded" } }]));
    return { ...world, afterwards: world.daemon.changes.slice(done) };
  }

  it.each([
    ["the first one", ["first"], 1],
    ["the last one", ["second"], 2],
    ["all of them, with the daemon", ["first", "second"], 1],
    ["none", [], 1],
  ] as const)("all run again after a recovery that finds %s stopped", async (_, stopped, restarts) => {
    const { daemon, afterwards } = await interrupted((world) => {
      for (const name of stopped) world.daemon.set(world[name], { state: "exited" });
    }, restarts);
    expect(daemon.list).toEqual(["first running", "second running", "stopped exited", "web running"]);
    expect(afterwards.filter((change) => change.startsWith("restart"))).toEqual(["restart first", "restart second"]);
  });

  it("run again if the new container has ended with the daemon, so that the old one is put back", async () => {
    const world = withDependants();
    const killed = new AbortController();
    const record = async ({ step }: Progress) => {
      if (step === "Restart") killed.abort();
      return success(undefined);
    };
    const { daemon } = world;
    await replace(daemon.request("web", GOOD), daemon.ports({ record, signal: killed.signal }));
    for (const id of [world.first, daemon.get("web")?.id ?? ""]) daemon.set(id, { state: "exited" });
    const done = daemon.changes.length;
    expect(await recover(daemon.ports())).toMatchObject(success([{ result: { kind: "RolledBack" } }]));
    expect(daemon.list).toEqual(["first running", "second running", "stopped exited", "web running"]);
    expect(daemon.changes.slice(done).filter((change) => change.startsWith("restart"))).toEqual(["restart first"]);
  });

  it("stay as they are in a recovery if the new container was never started", async () => {
    const { daemon, first } = withDependants();
    const killed = new AbortController();
    const ports = daemon.ports({ ...rightBefore("StopOld", () => killed.abort()), signal: killed.signal });
    await replace(daemon.request("web", GOOD), ports);
    daemon.set(first, { state: "exited" });
    expect(await recover(daemon.ports())).toMatchObject(success([{ result: { kind: "RolledBack" } }]));
    expect(daemon.list).toEqual(["first exited", "second running", "stopped exited", "web running"]);
  });

  it("are left out by a recovery if somebody has removed them", async () => {
    const { daemon } = await interrupted(({ daemon: { containers }, first }) => containers.delete(first), 1);
    expect(daemon.list).toEqual(["second running", "stopped exited", "web running"]);
  });

  it("run again if the daemon ends while it restarts the last one, and the process continues", async () => {
    const { daemon, first } = withDependants();
    const ports = daemon.ports();
    let restarts = 0;
    const open = () => {
      const { changes, ...access } = ports.open();
      const restart: typeof changes.restart = async (id, stopMs) => {
        if (++restarts !== 2) return await changes.restart(id, stopMs);
        for (const each of [first, id]) daemon.set(each, { state: "exited" });
        return failed("ConnectionReset", "The connection was cut", new Error("cut"));
      };
      return { ...access, changes: { ...changes, restart } };
    };
    const result = await replace(daemon.request("web", GOOD), { ...ports, open });
    expect(result).toMatchObject({ kind: "Succeeded", warnings: [] });
    expect(daemon.list).toEqual(["first running", "second running", "stopped exited", "web running"]);
    expect(restarts).toBe(4);
  });

  it("are restarted again if the daemon has only stopped them, and reported if it never starts them", async () => {
    const { daemon } = withDependants();
    daemon.refusedRestarts = 2;
    const result = await replace(daemon.request("web", GOOD), daemon.ports());
    expect(result).toMatchObject({ kind: "Succeeded", warnings: [] });
    expect(daemon.list).toEqual(["first running", "second running", "stopped exited", "web running"]);

    const other = withDependants().daemon;
    other.refusedRestarts = Number.POSITIVE_INFINITY;
    const failing = await replace(other.request("web", GOOD), other.ports());
    const warnings = ["first", "second"].map((name) =>
      expect.stringMatching(`Container ${name} could not be restarted`),
    );
    expect(failing).toMatchObject({ kind: "Succeeded", warnings });
  });

  it("stay stopped if somebody has stopped them since the plan was made", async () => {
    const { daemon, first } = withDependants();
    const stop = () => daemon.set(first, { state: "exited", isStopped: true });
    const result = await replace(daemon.request("web", GOOD), daemon.ports(rightBefore("Verify", stop)));
    expect(result).toMatchObject({ kind: "Succeeded", warnings: [] });
    expect(daemon.list).toEqual(["first exited", "second running", "stopped exited", "web running"]);
  });

  it.each([
    ["first", "Restart", "first running"],
    ["second", "Restart", "second exited"],
    ["first", "Verify", "first exited"],
  ] as const)("are started by a recovery only if their restart had begun: %s, stopped at %s", async (name, at, is) => {
    const world = withDependants();
    const { daemon } = world;
    const killed = new AbortController();
    let stored: Progress | undefined;
    const record = async (progress: Progress) => {
      stored = progress;
      if (progress.step === at) killed.abort();
      return success(undefined);
    };
    await replace(daemon.request("web", GOOD), daemon.ports({ record, signal: killed.signal }));
    daemon.set(world[name], { state: "exited", isStopped: true });
    expect(await recover(daemon.ports(), stored)).toMatchObject(success([{ result: { kind: "Succeeded" } }]));
    expect(daemon.list).toContain(is);
    // Those that nobody has stopped are restarted.
    expect(daemon.changes).toContain(`restart ${name === "first" ? "second" : "first"}`);
  });
});
