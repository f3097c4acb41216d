import { describe, expect, it } from "vitest";
import { LeftDaemon, TXN } from "../../test/support/left-daemon.ts";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { GOOD } from "../../test/support/memory-images.ts";
import { success } from "../common/result.ts";
import { recover } from "./recover.ts";
import { replace } from "./replace.ts";
import type { BegunBy, MemberRecord, Progress, Writer } from "./request.ts";

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
      let stored: readonly MemberRecord[] = [];
      const record = async (progress: Progress) => {
        stored = progress.members;
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
});
