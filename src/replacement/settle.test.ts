import { describe, expect, it } from "vitest";
import { intercepted } from "../../test/support/intercepted.ts";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { BAD, BEFORE, GOOD, imageOf } from "../../test/support/memory-images.ts";
import { advised, type Failure } from "../api/failure.ts";
import { failure } from "../common/result.ts";
import { EngineError } from "../docker/fleet-modem.ts";
import type { Direction } from "./next-step.ts";
import { observe } from "./observe.ts";
import { ReplacementConnection } from "./replacement-connection.ts";
import type { ReplacementPorts } from "./request.ts";
import { type Settlement, settle } from "./settle.ts";
import { Transaction } from "./transaction.ts";
import { LABEL, placeName, type TransactionLabel } from "./transaction-label.ts";

const TXN = "0123456789ab";
const NEW = "f".repeat(64);
const PROOF = { wasRunning: true, healthTimeoutMs: 60_000, stableForMs: 30_000 };
const RUNS_NEW = ["web running f"];
const RUNS_OLD = ["web running 0"];

interface Begun {
  /** What the new container runs. Default GOOD. */
  readonly image?: string;
  /** Whether the new container already has the name, and runs next to the old one that was stopped. */
  readonly isForward?: boolean;
  readonly onFailure?: Settlement["onFailure"];
  readonly ports?: (daemon: MemoryDaemon) => Partial<ReplacementPorts>;
  readonly why?: Failure;
}

/** The own name, or the place in the transaction. */
function placeOf(name: string): string {
  return name.replace(/^web\.dockerhost-[0-9a-f]{12}-([a-z]+).*$/, "$1");
}

/** Settles a transaction that begins with both containers, and shows what was called meanwhile and what is left. */
async function settled(direction: Direction, { image = GOOD, isForward = false, ...begun }: Begun = {}) {
  const daemon = new MemoryDaemon();
  const old = daemon.run("web");
  const policy = { Name: "always" };
  const label: TransactionLabel = {
    ...{ txn: TXN, owner: "tests", term: 1, main: true, name: "web", replaces: old, restartPolicy: policy },
    ...{ ...PROOF, imageId: image, oldImageId: BEFORE, onFailure: "RollBack", restarts: [] },
  };
  const labels = { [LABEL]: JSON.stringify(label) };
  const fresh = { id: NEW, name: placeName("web", TXN, "new"), image: imageOf("web"), imageId: image, labels, policy };
  daemon.containers.set(NEW, {
    ...fresh,
    state: "created",
    networkMode: "none",
    networks: {},
    isStopped: false,
    starts: 0,
  });
  if (isForward) {
    daemon.set(old, { name: placeName("web", TXN, "old"), state: "exited" });
    daemon.set(NEW, { name: "web", state: "running" });
  }
  const ports = daemon.ports(begun.ports?.(daemon));
  const remembered = { name: "web", main: true, wasRunning: true, restartPolicy: policy, oldId: old };
  const members = await observe(daemon.ports().open(), TXN, [remembered], [...daemon.containers.values()]);
  if (!members.ok) throw new Error(members.failure.message);
  using connection = new ReplacementConnection(ports);
  const proof = () => ({ ...PROOF, imageId: image });
  const transaction = new Transaction({ ports, connection, txn: TXN, members: members.value, proof });
  const calls: string[] = [];
  const left = () =>
    [...daemon.containers.values()]
      .map(({ name, state, id }) => `${placeOf(name)} ${state} ${id.slice(0, 1)}`)
      .toSorted();
  const result = await settle(
    transaction,
    direction,
    {
      onFailure: begun.onFailure ?? "RollBack",
      afterwards: async () => {
        calls.push(`afterwards of ${daemon.containers.size}`);
        return ["a warning"];
      },
      undo: async () => {
        calls.push(`undo of ${daemon.containers.size}`);
      },
    },
    begun.why,
  );
  return { result, calls, left: left() };
}

/** Refuses some requests, as the daemon itself does. */
const refusing = (what: (request: string, daemon: MemoryDaemon) => boolean) => (daemon: MemoryDaemon) => ({
  open: () =>
    intercepted(daemon.ports().open(), async (request, send) => {
      if (!what(request, daemon)) return await send();
      const reply = { status: 500, headers: { "api-version": "1.45" }, body: Buffer.from("") };
      return failure(advised("DaemonError", `The daemon refuses to ${request}`, new EngineError(request, reply)));
    }),
});

/** Does something right before a step. */
const rightBefore = (step: string, act: (daemon: MemoryDaemon) => unknown) => (daemon: MemoryDaemon) => {
  const ports = daemon.ports();
  return {
    record: async (progress: Parameters<ReplacementPorts["record"]>[0]) => {
      if (progress.step === step) act(daemon);
      return await ports.record(progress);
    },
  };
};

/** As somebody does with the old container. */
function removeOthers({ containers }: MemoryDaemon): void {
  for (const id of containers.keys()) if (id !== NEW) containers.delete(id);
}

describe("a transaction that goes forward", () => {
  it("succeeds, with what is wanted afterwards while the old container is still there", async () => {
    expect(await settled("forward")).toEqual({
      result: { kind: "Succeeded", warnings: ["a warning"] },
      calls: ["afterwards of 2"],
      left: RUNS_NEW,
    });
  });

  it("succeeds even if the old container cannot be removed, and says so", async () => {
    const { result, left } = await settled("forward", { ports: refusing((request) => request === "remove") });
    expect(result).toEqual({
      kind: "Succeeded",
      warnings: ["a warning", expect.stringMatching(/^The old container could not be removed: The daemon refuses to/)],
    });
    expect(left).toEqual(["old exited 0", ...RUNS_NEW]);
  });

  it.each([
    ["goes back", {}, "RolledBack ContainerExited", ["undo of 2"], RUNS_OLD],
    [
      "keeps it for a look if asked to",
      { onFailure: "Keep" },
      "Kept ContainerExited",
      [],
      ["kept exited 0", "web exited f"],
    ],
    [
      "goes back if it cannot be kept",
      {
        onFailure: "Keep",
        ports: refusing((request, daemon) => request === "rename" && daemon.get("web")?.id === NEW),
      },
      "Failed RollbackFailed",
      [],
      undefined,
    ],
    [
      "stays if somebody removed the old container",
      { ports: rightBefore("Verify", removeOthers) },
      "Failed RollbackFailed",
      [],
      undefined,
    ],
  ] as const)("whose new container ends %s", async (_, begun, end, calls, left) => {
    const seen = await settled("forward", { image: BAD, ...begun });
    expect(end).toBe("failure" in seen.result ? `${seen.result.kind} ${seen.result.failure.reason}` : seen.result.kind);
    expect(seen.calls).toEqual(calls);
    if (left !== undefined) expect(seen.left).toEqual(left);
  });

  it("goes back if it is cancelled, even if a failed container is to be kept", async () => {
    const cancel = new AbortController();
    const ports = (daemon: MemoryDaemon) => ({
      ...rightBefore("Verify", () => cancel.abort())(daemon),
      cancel: cancel.signal,
    });
    const { result, left } = await settled("forward", { onFailure: "Keep", ports });
    expect([result.kind, left]).toEqual(["Cancelled", RUNS_OLD]);
  });
});

describe("a transaction that goes back", () => {
  const reason = { kind: "RolledBack", failure: { reason: "UpdateUndone" } };
  it.each<readonly [string, Begun, object]>([
    ["without a cause, before it has touched anything", {}, reason],
    ["without a cause, from its new container", { isForward: true }, reason],
    [
      "from its new container, with the cause",
      { isForward: true, why: advised("ContainerUnhealthy", "Sick") },
      { kind: "RolledBack", failure: { reason: "ContainerUnhealthy" } },
    ],
    [
      "with a cause, before it has touched anything",
      { why: advised("HostDiskFull", "Full") },
      { kind: "Failed", failure: { reason: "HostDiskFull" } },
    ],
    ["because of another update", { why: advised("DaemonBusy", "Busy") }, { kind: "Busy" }],
    ["because it is superseded", { why: advised("UpdateSuperseded", "Gone") }, { kind: "Superseded" }],
    ["because it is cancelled", { isForward: true, why: advised("UpdateCancelled", "No") }, { kind: "Cancelled" }],
  ])("%s", async (_, begun, end) => {
    const { result, calls, left } = await settled("back", begun);
    expect(result).toMatchObject(end);
    expect(calls).toEqual(["undo of 2"]);
    expect(left).toEqual(RUNS_OLD);
  });

  it("keeps the old container if somebody has taken its name", async () => {
    const take = rightBefore("RenameBack", (daemon) => daemon.get("web") === undefined && daemon.run("web"));
    const { result, left } = await settled("back", { isForward: true, ports: take });
    expect(result).toMatchObject({
      kind: "Superseded",
      failure: { message: expect.stringContaining(placeName("web", TXN, "kept")) },
    });
    expect(left).toEqual(["kept exited 0", "web running 0"]);
  });

  it("says what is left if the daemon refuses", async () => {
    const starting = await settled("back", { isForward: true, ports: refusing((request) => request === "start") });
    expect(starting.result).toMatchObject({
      kind: "Failed",
      failure: {
        reason: "RollbackFailed",
        message: expect.stringMatching(
          /refuses to start; of web there are the old one \(0{12}, stopped\) and the new one \(f{12}, stopped\)/,
        ),
      },
    });
    const removing = await settled("back", { isForward: true, ports: refusing((request) => request === "remove") });
    expect(removing.result).toMatchObject({ kind: "Failed", failure: { reason: "RollbackFailed" } });
    // The old container runs nevertheless.
    expect(removing.left).toContain("web running 0");
  });
});

it("finishes without what was wanted after the proof, which another process has done", async () => {
  expect(await settled("finish", { isForward: true })).toEqual({
    result: { kind: "Succeeded", warnings: [] },
    calls: [],
    left: RUNS_NEW,
  });
});

it.each(["forward", "back", "finish"] as const)(
  "is interrupted on its way %s if the program has to stop",
  async (way) => {
    const ports = () => ({ signal: AbortSignal.abort() });
    const { result, calls, left } = await settled(way, { isForward: true, ports });
    expect([result.kind, calls.filter((call) => call.startsWith("undo"))]).toEqual(["Interrupted", []]);
    expect(left).toHaveLength(2);
  },
);
