import { describe, expect, it } from "vitest";
import { intercepted } from "../../test/support/intercepted.ts";
import { LeftDaemon, TXN } from "../../test/support/left-daemon.ts";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { GOOD, SICK } from "../../test/support/memory-images.ts";
import { rightBefore } from "../../test/support/right-before.ts";
import { advised } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { recover } from "./recover.ts";
import { replace } from "./replace.ts";
import type { BegunBy, Progress, Writer } from "./request.ts";

async function recoverBy(writer: Writer, begun: { readonly lease?: string; readonly term: number }) {
  const daemon = new LeftDaemon("controller", begun);
  const recovered = await recover(daemon.ports({ writer }));
  if (!recovered.ok) throw new Error(recovered.failure.message);
  const [{ result } = { result: undefined }] = recovered.value;
  const reason = result !== undefined && "failure" in result ? result.failure.reason : undefined;
  return { kind: result?.kind, reason, left: daemon.names.length };
}

const owner = "controller";
const UNDONE = { kind: "RolledBack", reason: "UpdateUndone", left: 1 };
const OF_LATER_LEADER = { kind: "Interrupted", reason: "LeadershipLost", left: 2 };
const OF_ANOTHER = { kind: "Busy", reason: "DaemonBusy", left: 2 };

describe("recover", () => {
  it.each([
    ["of this leader", { lease: "a", term: 3 }, UNDONE],
    ["of a former leader", { lease: "a", term: 2 }, UNDONE],
    ["of a later leader", { lease: "a", term: 4 }, OF_LATER_LEADER],
    ["of a leader by a lease that was deleted since", { lease: "b", term: 9 }, UNDONE],
    ["of a time without leader election", { term: 0 }, UNDONE],
  ])("by a leader of an update %s", async (_whose, begun, expected) => {
    expect(await recoverBy({ owner, lease: "a", term: 3 }, begun)).toEqual(expected);
  });

  it("undoes what another owner has begun if nobody else will, unless a later leader has", async () => {
    const adopting = { owner: "another", lease: "a", term: 3, adopts: ({ txn }: BegunBy) => txn === TXN };
    expect(await recoverBy(adopting, { lease: "a", term: 3 })).toEqual(UNDONE);
    expect(await recoverBy(adopting, { lease: "a", term: 4 })).toEqual(OF_LATER_LEADER);
    expect(await recoverBy({ ...adopting, adopts: () => false }, { lease: "a", term: 3 })).toEqual(OF_ANOTHER);
  });

  it("without leader election undoes what a leader has begun", async () => {
    expect(await recoverBy({ owner, term: 0 }, { lease: "a", term: 9 })).toEqual(UNDONE);
  });

  it.each([{ lease: "a", term: 3 }, { lease: "b", term: 0 }, { term: 9 }])(
    "leaves an update %o of another owner, unless it is asked to take over",
    async (begun) => {
      const another = { owner: "another", lease: "a", term: 1 };
      expect(await recoverBy(another, begun)).toEqual(OF_ANOTHER);
      expect(await recoverBy({ ...another, takesOver: true }, begun)).toEqual(UNDONE);
    },
  );

  it.each(["StopOld", "RenameOld"] as const)(
    "restores a policy that only a record shows, because somebody removed the new container before %s",
    async (step) => {
      const daemon = new MemoryDaemon();
      const id = daemon.run("web");
      const killed = new AbortController();
      let stored: Progress | undefined;
      const record = async (progress: Progress) => {
        stored = progress;
        if (progress.step === step) killed.abort();
        return success(undefined);
      };
      await replace(daemon.request("web", GOOD), daemon.ports({ record, signal: killed.signal }));
      for (const each of daemon.containers.keys()) if (each !== id) daemon.containers.delete(each);
      expect(daemon.containers.get(id)).toMatchObject({ policy: { Name: "unless-stopped" } });
      expect(await recover(daemon.ports(), stored)).toMatchObject(success([{ result: { kind: "RolledBack" } }]));
      expect(daemon.get("web")).toMatchObject({ id, state: "running", policy: { Name: "always" } });
      expect(await recover(daemon.ports(), stored)).toEqual(success([]));
    },
  );

  /** An update that ends right after this step, and what it had stored. */
  async function endedAfter(daemon: MemoryDaemon, step: Progress["step"], digest: string, act: () => void) {
    const killed = new AbortController();
    let stored: Progress | undefined;
    const record = async (progress: Progress) => {
      if (killed.signal.aborted) throw new Error("the process has ended");
      stored = progress;
      return success(undefined);
    };
    const open = () => {
      const { changes, ...access } = daemon.access();
      const sent = intercepted({ ...access, changes }, async (_, send, isChange) => {
        const answer = await send();
        if (isChange && stored?.step === step && !killed.signal.aborted) {
          killed.abort();
          act();
        }
        return answer;
      });
      return sent;
    };
    const result = await replace(daemon.request("web", digest), daemon.ports({ record, open, signal: killed.signal }));
    expect(result.kind).toBe("Interrupted");
    return stored;
  }

  it.each(["HoldNew", "StopNew", "SetAside", "RestorePolicy", "RenameBack"] as const)(
    "starts the new container by its own policy if somebody removed the old one after %s of a rollback",
    async (step) => {
      const daemon = new MemoryDaemon();
      const id = daemon.run("web");
      const stored = await endedAfter(daemon, step, SICK, () => daemon.containers.delete(id));
      const failed = { reason: "RollbackFailed", message: expect.stringContaining("somebody removed the old") };
      const ended = success([{ container: "web", result: { kind: "Failed", failure: failed } }]);
      expect(await recover(daemon.ports(), stored)).toMatchObject(ended);
      expect(daemon.list).toEqual(["web running"]);
      expect(daemon.get("web")).toMatchObject({ imageId: SICK, policy: { Name: "always" } });
      // If that could not be stored, it is said again.
      expect(await recover(daemon.ports({ mayChange: () => false }), stored)).toMatchObject(ended);
      expect(await recover(daemon.ports())).toEqual(success([]));
    },
  );

  it.each(["SetAside", "RestorePolicy", "RenameBack"] as const)(
    "does so after %s even if nothing was stored",
    async (step) => {
      const daemon = new MemoryDaemon();
      const id = daemon.run("web");
      await endedAfter(daemon, step, SICK, () => daemon.containers.delete(id));
      expect(await recover(daemon.ports())).toMatchObject(success([{ result: { kind: "Failed" } }]));
      expect(daemon.get("web")).toMatchObject({ imageId: SICK, state: "running", policy: { Name: "always" } });
    },
  );

  it.each(["HoldNew", "StopNew", "SetAside"] as const)(
    "says that somebody has renamed the old container after %s of a rollback, which is started under that name",
    async (step) => {
      const daemon = new MemoryDaemon();
      const id = daemon.run("web");
      const stored = await endedAfter(daemon, step, SICK, () => daemon.set(id, { name: "mine" }));
      expect(await recover(daemon.ports(), stored)).toMatchObject(success([{ result: { kind: "Superseded" } }]));
      expect(daemon.list).toEqual(["mine running"]);
      expect(daemon.get("mine")).toMatchObject({ id, policy: { Name: "always" } });
    },
  );

  it.each(["always", "on-failure", "unless-stopped", "no"])(
    "starts an old container again if somebody removed its new one, with the policy %s",
    async (Name) => {
      const daemon = new MemoryDaemon();
      const id = daemon.run("web", {}, { policy: { Name } });
      const isNew = (each: string) => each !== id;
      const ports = daemon.ports(
        rightBefore("RenameNew", () => {
          for (const each of daemon.containers.keys()) if (isNew(each)) daemon.containers.delete(each);
        }),
      );
      // The process ends right after the old one has its name again.
      let stored: Progress | undefined;
      const record = async (progress: Progress) => {
        if (progress.step === "StartOld") return failure(advised("UpdateInterrupted", "The process has ended"));
        stored = progress;
        return await ports.record(progress);
      };
      await replace(daemon.request("web", GOOD), { ...ports, record });
      expect(daemon.list).toEqual(["web exited"]);
      expect(await recover(daemon.ports(), stored)).toMatchObject(success([{ result: { kind: "RolledBack" } }]));
      expect(daemon.get("web")).toMatchObject({ id, state: "running", policy: { Name } });
      expect(await recover(daemon.ports(), stored)).toEqual(success([]));
    },
  );
});
