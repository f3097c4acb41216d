import { describe, expect, it } from "vitest";
import { intercepted } from "../../test/support/intercepted.ts";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { BEFORE, GOOD, imageOf } from "../../test/support/memory-images.ts";
import { advised } from "../api/failure.ts";
import { failure } from "../common/result.ts";
import { EngineError } from "../docker/fleet-modem.ts";
import { digestNameOf, provideImage } from "./image.ts";
import { preparePlan } from "./plan.ts";
import { ReplacementConnection } from "./replacement-connection.ts";
import type { ReplacementPorts, ReplacementRequest } from "./request.ts";
import { TiesCache } from "./ties.ts";
import { Transaction } from "./transaction.ts";

const ABSENT = `sha256:${"9".repeat(64)}`;
const TAG = imageOf("web");

const REPOSITORY = TAG.replace(/:1$/, "");

interface Wish {
  readonly digest?: string;
  /** What somebody has done before the update. */
  readonly arrange?: (daemon: MemoryDaemon) => unknown;
  readonly ports?: (daemon: MemoryDaemon) => Partial<ReplacementPorts>;
  readonly more?: Partial<ReplacementRequest>;
}

/** What an update of `web` does to get its image. */
async function provided({ digest = GOOD, arrange, ports: special, more }: Wish = {}) {
  const daemon = new MemoryDaemon();
  daemon.run("web");
  await arrange?.(daemon);
  const request = daemon.request("web", digest, more);
  const ports = daemon.ports(special?.(daemon));
  const listed = [...daemon.containers.values()];
  const plan = await preparePlan(daemon.ports().open(), request, ports.engine, listed, new TiesCache());
  if (!plan.ok) throw new Error(plan.failure.message);
  const before = daemon.changes.length;
  using connection = new ReplacementConnection(ports);
  const proof = () => ({ wasRunning: true, imageId: "", healthTimeoutMs: 0, stableForMs: 0 });
  const transaction = new Transaction({ ports, connection, txn: "0123456789ab", members: [], proof });
  const change = await provideImage(transaction, plan.value, request, ports);
  const end = change.kind === "done" ? change.value : `${change.kind} ${change.failure.reason}`;
  return { end, changes: daemon.changes.slice(before), tag: daemon.tags.get(TAG) };
}

const pullGood = (daemon: MemoryDaemon) => daemon.ports().open().changes.pull({ repository: REPOSITORY, digest: GOOD });

async function pullAndTag(daemon: MemoryDaemon): Promise<void> {
  await pullGood(daemon);
  daemon.tags.set(TAG, GOOD);
}

/** Answers to a request are lost, or refused by the daemon, whether or not it has carried the request out. */
const failing =
  (failed: string, how: "lost" | "refused", isDone = true) =>
  (daemon: MemoryDaemon) => ({
    open: () =>
      intercepted(daemon.ports().open(), async (request, send) => {
        if (request !== failed) return await send();
        if (isDone) await send();
        const reply = { status: 500, headers: { "api-version": "1.45" }, body: Buffer.from("") };
        const cause = how === "lost" ? new Error("the connection was lost") : new EngineError(request, reply);
        return failure(advised("HostDiskFull", "No space is left", cause));
      }),
  });

describe("the image of an update", () => {
  const moved = { id: GOOD, isMoved: true };
  const secondName = `${REPOSITORY}@${GOOD}`;
  it.each<readonly [string, Wish, object, readonly string[]]>([
    ["is pulled by its digest and gets the name", {}, { ...moved, secondName }, ["pull 2", "tag 2"]],
    [
      "gets the name that nothing has any more",
      { arrange: ({ tags }) => tags.delete(TAG) },
      { id: GOOD, isMoved: false },
      ["pull 2", "tag 2"],
    ],
    ["is left as somebody has pulled it", { arrange: pullAndTag }, { id: GOOD, isMoved: false }, []],
    [
      "gets no name if the container is created by a digest",
      { more: { image: secondName } },
      { id: GOOD, isMoved: false },
      ["pull 2"],
    ],
    ["is left if it runs already", { digest: BEFORE }, { id: BEFORE, isMoved: false }, []],
    [
      "is used even if the answers to its pull and its tag are lost",
      { ports: failing("pull", "lost") },
      { id: GOOD, isMoved: true },
      ["pull 2", "tag 2"],
    ],
    [
      "is used without a registry if it is there",
      { arrange: pullGood, ports: failing("pull", "refused", false) },
      moved,
      ["tag 2"],
    ],
  ])("%s", async (_, wish, image, changes) => {
    expect(await provided(wish)).toMatchObject({ end: image, changes });
  });

  it.each<readonly [string, Wish, string]>([
    ["the registry does not have it", { digest: ABSENT }, "refused ImageNotFound"],
    ["its pull is lost each time", { ports: failing("pull", "lost", false) }, "refused HostDiskFull"],
    ["its tag is refused", { ports: failing("tag", "refused") }, "refused HostDiskFull"],
    ["its tag is refused and stays", { ports: failing("tag", "refused", false) }, "refused HostDiskFull"],
    [
      "the update is cancelled while it is pulled",
      { ports: () => ({ cancel: AbortSignal.abort() }) },
      "refused UpdateCancelled",
    ],
    ["the program has to stop", { ports: () => ({ signal: AbortSignal.abort() }) }, "stop UpdateInterrupted"],
  ])("leaves the name where it was if %s", async (_, wish, end) => {
    expect(await provided(wish)).toMatchObject({ end, tag: BEFORE });
  });

  it("is tagged up to three times if the answers are lost", async () => {
    const { end, changes } = await provided({ ports: failing("tag", "lost") });
    expect([end, changes.slice(0, 4)]).toEqual(["unknown HostDiskFull", ["pull 2", "tag 2", "tag 2", "tag 2"]]);
  });
});

describe("the second name of an image", () => {
  const image = (...RepoTags: string[]) => ({ Id: GOOD, RepoTags });
  it.each([
    [image("web:1", `web@${GOOD}`), "web", `web@${GOOD}`],
    [image("web:1"), "web", undefined],
    [image(`other/web@${GOOD}`, `webs@${GOOD}`), "web", undefined],
    [{ Id: GOOD }, "web", undefined],
    [{ Id: GOOD, RepoTags: null }, "web", undefined],
  ])("of %j in %s is %s", (details, repository, name) => {
    expect(digestNameOf(details, repository)).toBe(name);
  });
});
