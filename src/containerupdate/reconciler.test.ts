import { beforeEach, describe, expect, it } from "vitest";
import { containerUpdate, DIGEST, updatableHost } from "../../test/support/container-update.ts";
import { ALL_STEPS, NEW, OLD, SUCCEEDED, step, TXN, UNHEALTHY, UpdateWorld } from "../../test/support/update-world.ts";
import { CHANGE_KINDS } from "../api/changes.ts";
import { advised } from "../api/failure.ts";
import { failure } from "../common/result.ts";
import type { Recovered } from "../replacement/recover.ts";
import type { ReplacementResult } from "../replacement/request.ts";

let world: UpdateWorld;

beforeEach(() => {
  world = new UpdateWorld();
});

const begun = (phase: "Pulling" | "Replacing" | "Verifying" | "RollingBack", undone = 0) => ({
  observedGeneration: 1,
  phase,
  transaction: { id: TXN, step: "Create", oldID: OLD, wasRunning: true, ...(undone > 0 && { undone }) },
});

const OWNER = "dockerhost-operator for the DockerHost with uid ";

describe("a ContainerUpdate", () => {
  it("is carried out, with the plan and each phase stored before the daemon is changed", async () => {
    world.updates.put(containerUpdate());
    expect(await world.run()).toEqual({ kind: "after", ms: 0 });
    expect(world.updates.written).toEqual([
      "Pulling PullingImage",
      "Replacing ReplacingContainer",
      "Replacing ReplacingContainer",
      "Verifying VerifyingContainer",
      "Succeeded UpdateSucceeded",
    ]);
    expect(world.update.status).toMatchObject({
      observedGeneration: 1,
      phase: "Succeeded",
      plan: { containers: [{ name: "web", id: OLD, action: "Replace" }], longestStop: "10s" },
      before: { image: "shop/web:1", imageID: "sha256:old", digest: "sha256:before" },
      after: { imageID: "sha256:new", digest: DIGEST },
      transaction: { id: TXN, oldID: OLD, newID: NEW, restartPolicy: { name: "always" } },
      downtime: "1.8s",
      startTime: "2026-01-01T00:00:00Z",
      completionTime: "2026-01-01T00:00:00Z",
    });
    expect(world.conditions()).toEqual(["Ready=True UpdateSucceeded"]);
    const phases = ["PullingImage", "ReplacingContainer", "VerifyingContainer", "UpdateSucceeded"];
    expect(world.updates.events).toEqual(phases.map((reason) => `Normal ${reason}`));
    expect(world.hostEvents).toEqual(phases);
    expect(world.ended).toEqual(["Succeeded 1834"]);
    expect(world.checked).toEqual(["fleet/edge-7"]);
    expect(world.updates.owned).toEqual(["web by 0a3c7b9e"]);
  });

  it("is owned only once, and given to the engine with its defaults", async () => {
    world.updates.put(containerUpdate({ replaces: DIGEST }, undefined, { ownerReferences: [{ uid: "0a3c7b9e" }] }));
    await world.run();
    expect(world.updates.owned).toEqual([]);
    expect(world.requests).toEqual([
      {
        container: "web",
        image: "shop/web:1",
        digest: DIGEST,
        replaces: DIGEST,
        health: { timeoutMs: 300_000, stableForMs: 30_000 },
        onFailure: "RollBack",
        removeOldImage: false,
        hooks: "Disabled",
      },
    ]);
  });

  it.each([
    ["RolledBack", { kind: "RolledBack", failure: UNHEALTHY }, "ContainerUnhealthy"],
    ["Failed", { kind: "Kept", failure: UNHEALTHY }, "ContainerUnhealthy"],
    ["Failed", { kind: "Failed", failure: advised("ImageNotPulled", "No such image") }, "ImageNotPulled"],
    ["Superseded", { kind: "Superseded", failure: advised("UpdateSuperseded", "Gone") }, "UpdateSuperseded"],
    ["Cancelled", { kind: "Cancelled", failure: advised("UpdateCancelled", "Cancelled") }, "UpdateCancelled"],
  ] as const)("that ends as %s says why", async (phase, result, reason) => {
    world.updates.put(containerUpdate());
    world.replace = async () => result;
    await world.run();
    expect(world.update.status).toMatchObject({ phase, completionTime: "2026-01-01T00:00:00Z" });
    expect(world.conditions()).toEqual([`Ready=False ${reason}`, `Stalled=True ${reason}`]);
    expect(world.ended).toEqual([`${phase} undefined`]);
  });

  const before = { image: "shop/web:1", imageID: "sha256:old" };
  const FAILED = { kind: "Failed", failure: advised("CannotCarryOver", "It is stopped") } as const;
  it.each([
    ["Succeeded", SUCCEEDED, false],
    ["UpToDate", { kind: "UpToDate" }, false],
    ["Kept", { kind: "Kept", failure: UNHEALTHY }, false],
    ["Failed", FAILED, true],
    ["Superseded", { kind: "Superseded", failure: advised("UpdateSuperseded", "Gone") }, true],
    ["Cancelled", { kind: "Cancelled", failure: advised("UpdateCancelled", "Cancelled") }, true],
  ] as const)("that was interrupted and ends as %s leaves the name of the image with its container", async (...row) => {
    const [, end, isMoved] = row;
    world.updates.put(containerUpdate({}, { ...begun("Pulling"), before }));
    world.replace = async () => end;
    await world.run();
    expect(world.restoredTags).toEqual(isMoved ? ["shop/web:1 sha256:old"] : []);
  });

  it("that was interrupted does so whatever the reason is why it fails", async () => {
    world.login = failure(advised("ImageNotPulled", "The Secret is not valid"));
    world.updates.put(containerUpdate({}, { ...begun("Pulling"), before }));
    await world.run();
    expect([world.update.status?.phase, world.restoredTags]).toEqual(["Failed", ["shop/web:1 sha256:old"]]);
  });

  it("that was not interrupted has nothing of that to do", async () => {
    world.updates.put(containerUpdate());
    world.replace = async () => FAILED;
    await world.run();
    expect([world.update.status?.phase, world.restoredTags]).toEqual(["Failed", []]);
  });

  it.each([
    ["Succeeded", SUCCEEDED, "ContainerUpdated"],
    ["RolledBack", { kind: "RolledBack", failure: UNHEALTHY }, "ContainerUpdateFailed"],
    ["Failed", { kind: "Failed", failure: advised("ImageNotPulled", "No such image") }, "ContainerUpdateFailed"],
    ["Superseded", { kind: "Superseded", failure: advised("UpdateSuperseded", "Gone") }, undefined],
    ["Cancelled", { kind: "Cancelled", failure: advised("UpdateCancelled", "Cancelled") }, undefined],
  ] as const)(
    "that ends as %s records it for the receiver of notifications, if there is one",
    async (_, end, change) => {
      for (const notifies of [undefined, new Set(CHANGE_KINDS)]) {
        world = new UpdateWorld();
        world.notifies = notifies;
        world.updates.put(containerUpdate());
        world.replace = async () => end;
        await world.run();
        const expected = notifies === undefined || change === undefined ? undefined : [change];
        expect(world.update.status?.changes?.map((each) => each.change)).toEqual(expected);
      }
    },
  );

  it("changes only its own part of the status after the receiver was notified", async () => {
    world.notifies = new Set(CHANGE_KINDS);
    world.updates.put(containerUpdate());
    await world.run();
    const { status = {} } = world.update;
    world.updates.put({
      ...world.update,
      metadata: { ...world.update.metadata, generation: 2 },
      status: { ...status, notified: { replacement: 1 } },
    });
    await world.run();
    // In a cluster, server-side apply keeps the part of the other owner.
    expect(world.update.status).toMatchObject({ observedGeneration: 2, phase: "Succeeded" });
    expect(world.update.status?.notified).toBeUndefined();
  });

  it.each([
    ["updates are off", "UpdatesDisabled", () => Object.assign(world, { isEnabled: false })],
    ["there is no host", "HostNotFound", () => Object.assign(world, { host: undefined })],
    ["its host does not allow it", "UpdatesNotAllowed", () => hostWith({ allowUpdates: false })],
    ["its host is suspended", "HostSuspended", () => hostWith({ suspend: true })],
    ["its host is not connected", "HostNotConnected", () => hostWith({}, "False")],
  ] as const)("waits while %s, and sends nothing", async (_, reason, arrange) => {
    world.updates.put(containerUpdate());
    arrange();
    expect(await world.run()).toEqual({ kind: "done" });
    expect(world.update.status).toMatchObject({ phase: "Pending", observedGeneration: 1 });
    const blocked = reason.startsWith("Updates") ? `Stalled=True ${reason}` : "Reconciling=True ProgressingWithRetry";
    expect(world.conditions()).toEqual([`Ready=False ${reason}`, blocked]);
    expect([world.requests, world.updates.owned]).toEqual([[], []]);
    await world.run();
    expect(world.updates.written).toHaveLength(1);
    expect(world.updates.events).toHaveLength(1);
  });

  function hostWith(spec: object, connected = "True") {
    const host = updatableHost(spec);
    const conditions = (host.status?.conditions ?? []).map((each) => ({ ...each, status: connected as "True" }));
    world.host = { ...host, status: { ...host.status, conditions } };
  }

  it("of a host in another shard is left to that shard", async () => {
    Object.assign(world, { host: undefined, isSharded: true });
    world.updates.put(containerUpdate());
    expect(await world.run()).toEqual({ kind: "done" });
    expect(world.updates.written).toEqual([]);
  });

  it("that was cancelled before it began ends, also if its host does not allow it", async () => {
    hostWith({ allowUpdates: false });
    world.updates.put(containerUpdate({ cancel: true }));
    await world.run();
    expect(world.conditions()).toEqual(["Ready=False UpdateCancelled", "Stalled=True UpdateCancelled"]);
    expect(world.update.status?.phase).toBe("Cancelled");
  });

  it.each([
    ["cancelled", () => world.updates.put({ ...world.update, spec: { ...asObject(world.update.spec), cancel: true } })],
    ["deleted", () => world.updates.store.remove("fleet/web")],
  ] as const)("that is %s while it is carried out is put back", async (_, act) => {
    world.updates.put(containerUpdate());
    world.updates.store.subscribe(({ key }) => world.reconciler.noticed(key));
    world.replace = async (ports) => {
      await world.steps(ports, ALL_STEPS.slice(0, 5));
      act();
      expect(ports.cancel?.aborted).toBe(true);
      // The update continues, whether or not there is a status to write.
      expect(await ports.record({ ...step("RollingBack", "StopNew", NEW), because: UNHEALTHY })).toMatchObject({
        ok: true,
      });
      return { kind: "Cancelled", failure: advised("UpdateCancelled", "Cancelled") };
    };
    await world.run();
  });

  it("continues after a user has labelled it in the middle", async () => {
    world.updates.put(containerUpdate());
    world.replace = async (ports) => {
      await world.steps(ports, ALL_STEPS.slice(0, 2));
      world.updates.put({ ...world.update, metadata: { ...world.update.metadata, labels: { a: "b" } } });
      return await world.steps(ports, ALL_STEPS.slice(2));
    };
    await world.run();
    expect(world.update.status?.phase).toBe("Succeeded");
    expect(world.update.metadata.labels).toEqual({ a: "b" });
  });

  it("stops as soon as another controller has changed its status, and writes nothing more", async () => {
    world.updates.put(containerUpdate());
    world.replace = async (ports) => {
      await world.steps(ports, ALL_STEPS.slice(0, 2));
      world.updates.put({ ...world.update, status: { ...world.update.status, phase: "RollingBack" } });
      return await world.steps(ports, ALL_STEPS.slice(2));
    };
    await world.run();
    expect(world.update.status?.phase).toBe("RollingBack");
    expect(world.updates.written).toHaveLength(2);
  });

  it("stops when this process no longer leads, and writes nothing more", async () => {
    world.updates.put(containerUpdate());
    world.replace = async (ports) => {
      await world.steps(ports, ALL_STEPS.slice(0, 2));
      Object.assign(world.leadership, { isLeader: false, transitions: undefined });
      return await world.steps(ports, ALL_STEPS.slice(2));
    };
    await world.run();
    expect(world.update.status?.phase).toBe("Replacing");
  });

  it("does not end between the stop of the old container and the start of the new one at a shutdown", async () => {
    world.updates.put(containerUpdate());
    const allowed: boolean[] = [];
    world.replace = async (ports) => {
      await world.steps(ports, ALL_STEPS.slice(0, 2));
      world.stopping.abort();
      for (const each of ALL_STEPS.slice(2)) {
        const recorded = await ports.record(each);
        allowed.push(recorded.ok && (await ports.mayChange()));
        if (!allowed.at(-1)) return { kind: "Interrupted", failure: advised("UpdateInterrupted", "Stopped") };
      }
      return SUCCEEDED;
    };
    await world.run();
    expect(allowed).toEqual([true, true, false]);
    expect(world.update.status?.phase).toBe("Verifying");
    expect(world.conditions()).toEqual(["Ready=Unknown VerifyingContainer", "Reconciling=True Progressing"]);
  });

  it.each([
    ["suspended", updatableHost({ suspend: true })],
    ["no longer open to updates", updatableHost({ allowUpdates: false })],
    ["deleted", undefined],
  ])("continues to its end if its host is %s in the middle", async (_, host) => {
    world.updates.put(containerUpdate());
    world.replace = async (ports) => {
      await world.steps(ports, ALL_STEPS.slice(0, 3));
      world.host = host;
      world.reconciler.noticed("fleet/web");
      expect(ports.cancel?.aborted).toBe(false);
      return await world.steps(ports, ALL_STEPS.slice(3));
    };
    await world.run();
    expect(world.update.status?.phase).toBe("Succeeded");
  });

  it("that cannot reach its daemon in the middle says so, and is tried again soon", async () => {
    world.updates.put(containerUpdate());
    const lost = advised("UpdateInterrupted", "No answer for 45s");
    world.replace = async (ports) => {
      await world.steps(ports, ALL_STEPS.slice(0, 5));
      return { kind: "Interrupted", failure: lost };
    };
    expect(await world.run()).toMatchObject({ kind: "backoff", maxMs: 30_000 });
    expect(world.update.status?.phase).toBe("Verifying");
    expect(world.conditions()).toEqual(["Ready=False UpdateInterrupted", "Reconciling=True ProgressingWithRetry"]);
  });

  describe("that was interrupted", () => {
    const found = (result: ReplacementResult, txn = TXN): readonly Recovered[] => [{ txn, container: "web", result }];

    it("ends as soon as the recovery has finished what is left on the daemon", async () => {
      world.updates.put(containerUpdate({}, begun("Verifying")));
      world.leftovers = found(SUCCEEDED);
      await world.run();
      expect(world.update.status).toMatchObject({ phase: "Succeeded", after: { imageID: "sha256:new" } });
      expect(world.requests).toEqual([]);
    });

    it("is finished even if its host does not allow updates any more", async () => {
      hostWith({ allowUpdates: false, suspend: true }, "False");
      world.updates.put(containerUpdate({}, begun("Replacing")));
      world.leftovers = found({ kind: "RolledBack", failure: UNHEALTHY });
      await world.run();
      expect(world.update.status?.phase).toBe("RolledBack");
    });

    it("before the new container had its name starts again, but not without a limit", async () => {
      const undone = found({ kind: "RolledBack", failure: advised("UpdateUndone", "Undone") });
      world.updates.put(containerUpdate({}, begun("Replacing")));
      world.leftovers = undone;
      await world.run();
      expect(world.update.status).toMatchObject({ phase: "Succeeded", transaction: { undone: 1 } });
      world.updates.put(containerUpdate({}, begun("Replacing", 3)));
      world.leftovers = undone;
      await world.run();
      expect(world.update.status?.phase).toBe("RolledBack");
      expect(world.conditions()[0]).toBe("Ready=False UpdateUndone");
    });

    it.each([
      ["is rolled back now", found({ kind: "RolledBack", failure: advised("UpdateUndone", "Undone") })],
      ["had been rolled back", []],
    ])("in its rollback, which %s, keeps the cause of the rollback", async (_, leftovers) => {
      const cause = {
        type: "Ready",
        status: "Unknown",
        observedGeneration: 1,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      };
      const message = `The old container is put back. ${UNHEALTHY.message}`;
      const conditions = [{ ...cause, reason: UNHEALTHY.reason, message }] as const;
      world.updates.put(containerUpdate({}, { ...begun("RollingBack"), conditions: conditions as never }));
      world.leftovers = leftovers;
      await world.run();
      expect(world.update.status?.phase).toBe("RolledBack");
      expect(world.update.status?.conditions?.[0]).toMatchObject({
        reason: "ContainerUnhealthy",
        message: `The old container is back as it was. ${UNHEALTHY.message}`,
      });
      expect(world.requests).toEqual([]);
    });

    it("after it had kept its failed container, keeps the cause of the failure", async () => {
      world.updates.put(containerUpdate({ onFailure: "Keep" }));
      world.replace = async (ports) => {
        await world.steps(ports, ALL_STEPS.slice(0, 5));
        await ports.record({ ...step("Verifying", "KeepOld", NEW), because: UNHEALTHY });
        throw new Error("the process ends");
      };
      await expect(world.run()).rejects.toThrow();
      expect(world.conditions()[0]).toBe("Ready=Unknown ContainerUnhealthy");
      world.replace = async () => ({ kind: "UpToDate" });
      await world.run();
      expect(world.update.status?.phase).toBe("Failed");
      expect(world.update.status?.conditions?.[0]).toMatchObject({
        reason: "ContainerUnhealthy",
        message: expect.stringContaining(`web.dockerhost-${TXN}-kept. ${UNHEALTHY.message}`),
      });
    });

    it("after everything was done succeeds, although the container runs another image than it replaces", async () => {
      world.updates.put(containerUpdate({ replaces: DIGEST }, begun("Verifying")));
      world.replace = async () => ({ kind: "UpToDate" });
      await world.run();
      expect(world.requests[0]).not.toHaveProperty("replaces");
      expect(world.update.status?.phase).toBe("Succeeded");
    });

    it("is carried out before one that has not begun", async () => {
      world.updates.put(containerUpdate());
      world.updates.put(containerUpdate({}, begun("Verifying"), { name: "begun", uid: "u-begun" }));
      world.leftovers = found(SUCCEEDED);
      await world.run();
      expect(world.conditions()[0]).toBe("Ready=False DaemonBusy");
      expect(world.update.status?.conditions?.[0]?.message).toBe(
        "Another update is unfinished on this daemon. This one begins by itself when that one has ended.",
      );
      expect(world.woken).toEqual(["fleet/begun"]);
      await world.run("fleet/begun");
      expect(world.updates.get("fleet/begun")?.status?.phase).toBe("Succeeded");
    });

    it("does not wake an update of another host, whose transaction a daemon may only claim to have", async () => {
      world.updates.put(containerUpdate());
      const spec = { hostRef: { name: "edge-8" } };
      world.updates.put(containerUpdate(spec, begun("Verifying"), { name: "begun", uid: "u-begun" }));
      world.leftovers = found({ kind: "Busy", failure: advised("DaemonBusy", "Begun by another host") });
      expect(await world.run()).toEqual({ kind: "after", ms: 15_000 });
      expect(world.woken).toEqual([]);
    });

    it.each([
      ["of this very update", { txn: TXN, owner: "other", lease: "lease-9" }, true],
      ["for a DockerHost that is gone", { txn: "1", owner: `${OWNER}gone`, lease: "lease-1" }, true],
      ["for a DockerHost that exists", { txn: "1", owner: `${OWNER}uid-host`, lease: "lease-1" }, false],
      ["for a DockerHost of another cluster", { txn: "1", owner: `${OWNER}gone`, lease: "lease-9" }, false],
      ["without leader election", { txn: "1", owner: `${OWNER}gone` }, false],
      ["by a command", { txn: "1", owner: "dockerhost update", lease: "lease-1" }, false],
    ])("%s, with another owner, is finished only if nobody else will", async (_, begunBy, expected) => {
      const host = updatableHost();
      world.host = { ...host, metadata: { ...host.metadata, uid: "uid-host" } };
      world.updates.put(containerUpdate({}, begun("Replacing")));
      let adopted: boolean | undefined;
      world.replace = async ({ writer }) => {
        adopted = writer.adopts?.(begunBy);
        return SUCCEEDED;
      };
      await world.run();
      expect(adopted).toBe(expected);
    });

    it("by somebody else is waited for, and the status does not name them", async () => {
      world.updates.put(containerUpdate());
      world.leftovers = found(
        { kind: "Busy", failure: advised("DaemonBusy", "Begun by fleet-of-another-tenant") },
        "f".repeat(12),
      );
      expect(await world.run()).toEqual({ kind: "after", ms: 15_000 });
      expect(world.conditions()[0]).toBe("Ready=False DaemonBusy");
      expect(JSON.stringify(world.update)).not.toContain("another-tenant");
    });
  });

  it("waits for another one on the same daemon, and is woken after it", async () => {
    world.updates.put(containerUpdate());
    world.updates.put(containerUpdate({}, undefined, { name: "other", uid: "u-other" }));
    world.replace = async () => {
      expect(await world.run("fleet/other")).toEqual({ kind: "done" });
      expect(world.woken).toEqual([]);
      return SUCCEEDED;
    };
    await world.run();
    expect(world.updates.get("fleet/other")?.status?.conditions?.[0]).toMatchObject({
      reason: "DaemonBusy",
      message: "Another update is in progress on this daemon. This one begins by itself when that one has ended.",
    });
    expect(world.woken).toEqual(["fleet/other"]);
  });

  describe("that has ended", () => {
    const ended = { observedGeneration: 1, phase: "Succeeded", completionTime: "2026-01-01T00:00:00Z" } as const;

    it("is deleted after spec.ttlAfterFinished", async () => {
      world.updates.put(containerUpdate({ ttlAfterFinished: "1h" }, ended));
      expect(await world.run()).toEqual({ kind: "after", ms: 3_600_000 });
      await world.clock.advance(3_600_000);
      expect(await world.run()).toEqual({ kind: "done" });
      expect(world.updates.removed).toEqual(["web"]);
    });

    it.each([
      ["0s", 0],
      ["1ms", 1],
      ["25h", 25 * 3_600_000],
      [undefined, 720 * 3_600_000],
    ])("with a time of %s is deleted then, and not before", async (ttlAfterFinished, ms) => {
      world.updates.put(containerUpdate(ttlAfterFinished === undefined ? {} : { ttlAfterFinished }, ended));
      let passed = 0;
      for (let again = await world.run(); again.kind === "after"; again = await world.run()) {
        expect(world.updates.removed).toEqual([]);
        passed += again.ms;
        await world.clock.advance(again.ms);
      }
      expect([passed, world.updates.removed]).toEqual([ms, ["web"]]);
    });

    it("is deleted whatever has become of its host", async () => {
      for (const host of [undefined, updatableHost({ allowUpdates: false }), updatableHost({ suspend: true })]) {
        world = new UpdateWorld();
        world.host = host;
        world.updates.put(containerUpdate({ ttlAfterFinished: "0s" }, { ...ended, phase: "Failed" }));
        expect(await world.run()).toEqual({ kind: "done" });
        expect(world.updates.removed).toEqual(["web"]);
      }
    });

    it.each(["-1s", "soon", 5])("with a time of %s, which the cluster refuses today, is kept", async (time) => {
      world.updates.put(containerUpdate({ ttlAfterFinished: time }, ended));
      expect(await world.run()).toEqual({ kind: "done" });
      expect(world.updates.removed).toEqual([]);
    });

    it("is processed daily if that time is long, and kept by a controller without updates", async () => {
      world.updates.put(containerUpdate({}, ended));
      expect(await world.run()).toEqual({ kind: "after", ms: 24 * 3_600_000 });
      const off = new UpdateWorld();
      off.isEnabled = false;
      off.updates.put(containerUpdate({ ttlAfterFinished: "0s" }, ended));
      expect(await off.run()).toEqual({ kind: "done" });
      expect(off.updates.removed).toEqual([]);
    });

    it("observes a later generation", async () => {
      const conditions = [
        { type: "Ready", status: "True", observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z" } as never,
      ];
      world.updates.put(containerUpdate({ cancel: true }, { ...ended, conditions }, { generation: 2 }));
      await world.run();
      expect(world.update.status).toMatchObject({
        phase: "Succeeded",
        observedGeneration: 2,
        conditions: [{ observedGeneration: 2 }],
      });
    });
  });

  it("writes its progress every 15 s at most", async () => {
    world.updates.put(containerUpdate());
    world.replace = async (ports) => {
      await world.steps(ports, ALL_STEPS.slice(0, 1));
      for (let i = 0; i < 40; i++) {
        ports.onPull?.({ layer: `layer-${i}`, state: "complete" });
        await world.clock.advance(1_000);
      }
      return await world.steps(ports, ALL_STEPS.slice(1));
    };
    await world.run();
    expect(world.updates.written.filter((each) => each.startsWith("Pulling"))).toHaveLength(3);
  });
});

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
