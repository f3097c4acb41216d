import { describe, expect, it } from "vitest";
import { intercepted } from "../../test/support/intercepted.ts";
import { losing } from "../../test/support/losing.ts";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { BAD, BEFORE, GOOD, imageOf, OTHER } from "../../test/support/memory-images.ts";
import { rightBefore } from "../../test/support/right-before.ts";
import { advised } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { EngineError } from "../docker/fleet-modem.ts";
import { recover } from "./recover.ts";
import { replace } from "./replace.ts";
import type { Progress, ReplacementResult } from "./request.ts";
import { TiesCache } from "./ties.ts";
import { LABEL, readLabel } from "./transaction-label.ts";

type Step = Progress["step"];

async function stepsOf(digest: string): Promise<readonly Step[]> {
  const daemon = new MemoryDaemon();
  daemon.run("web");
  const steps: Step[] = [];
  const record = async ({ step }: Progress) => {
    steps.push(step);
    return success(undefined);
  };
  await replace(daemon.request("web", digest), daemon.ports({ record }));
  return [...new Set(steps)];
}

const FORWARD = await stepsOf(GOOD);
const BACK = await stepsOf(BAD);

describe("an update", () => {
  it("creates the new container before it touches the old one, and removes that last", async () => {
    const daemon = new MemoryDaemon();
    daemon.run("web");
    expect(await replace(daemon.request("web", GOOD), daemon.ports())).toMatchObject({ kind: "Succeeded" });
    expect(daemon.changes).toEqual([
      "pull 2",
      "tag 2",
      "create new",
      "policy unless-stopped web",
      "stop web",
      "rename web to old",
      "rename new to web",
      "start web",
      "remove name of 2",
      "remove old",
    ]);
  });

  it("asks for no image that it has just pulled if the daemon names images by their digests", async () => {
    const daemon = new MemoryDaemon();
    daemon.run("web");
    const asked: string[] = [];
    const ports = daemon.ports();
    const open = () => {
      const { details, ...access } = ports.open();
      const inspectImage = (name: string) => {
        asked.push(name);
        return details.inspectImage(name);
      };
      return { ...access, details: { ...details, inspectImage } };
    };
    const result = await replace(daemon.request("web", GOOD), { ...ports, open });
    expect(result).toMatchObject({ kind: "Succeeded", before: BEFORE, after: GOOD });
    expect(asked).toEqual([BEFORE]);
  });

  it("asks for no container that it has created itself, nor for one that another update has asked for", async () => {
    const daemon = new MemoryDaemon();
    for (const name of ["web", "api"]) daemon.run(name);
    const ties = new TiesCache();
    const asked: string[] = [];
    const open = () =>
      intercepted(daemon.ports().open(), (request, send) => {
        asked.push(request);
        return send();
      });
    const update = (name: string, digest: string) =>
      replace(daemon.request(name, digest), daemon.ports({ open, ties }));
    const looks = () => asked.splice(0).filter((request) => request === "inspectContainer").length;
    expect(await update("web", GOOD)).toMatchObject({ kind: "Succeeded" });
    const first = looks();
    const { id = "" } = daemon.get("web") ?? {};
    expect(ties.get(id)).toMatchObject({ links: [], added: {} });
    expect(await update("api", GOOD)).toMatchObject({ kind: "Succeeded" });
    // In the first update, the other container was asked for.
    expect(looks()).toBe(first - 1);
    expect(await update("web", OTHER)).toMatchObject({ kind: "Succeeded" });
    expect(looks()).toBe(first - 1);
  });

  it("first stops a container that restarts in a loop if its policy is refused until then", async () => {
    const daemon = new MemoryDaemon();
    daemon.run("web");
    daemon.refusesPolicy = (container) => container?.state === "running";
    expect(await replace(daemon.request("web", GOOD), daemon.ports())).toMatchObject({ kind: "Succeeded" });
    expect(daemon.changes.slice(3, 6)).toEqual(["stop web", "policy unless-stopped web", "rename web to old"]);
  });

  it("stops it again if it was started meanwhile, and goes back if its policy is always refused", async () => {
    const daemon = new MemoryDaemon();
    const id = daemon.run("web");
    let refusals = 0;
    daemon.refusesPolicy = (container) => {
      if (refusals++ === 1) daemon.set(container?.id ?? "", { state: "running" });
      return refusals <= 2;
    };
    expect(await replace(daemon.request("web", GOOD), daemon.ports())).toMatchObject({ kind: "Succeeded" });
    expect(daemon.changes.filter((change) => change === "stop web")).toHaveLength(2);

    const [second, other] = [new MemoryDaemon(), daemon.request("web", GOOD)];
    second.run("web");
    second.refusesPolicy = () => true;
    const failure = { reason: "ContainerInTransition" };
    expect(await replace(other, second.ports())).toMatchObject({ kind: "RolledBack", failure });
    expect(second.get("web")).toMatchObject({ id, state: "running", policy: { Name: "always" } });
    expect(second.list).toEqual(["web running"]);
  });

  it("whose new container ends puts the old one and its tag back", async () => {
    const daemon = new MemoryDaemon();
    const id = daemon.run("web");
    expect(await replace(daemon.request("web", BAD), daemon.ports())).toMatchObject({ kind: "RolledBack" });
    expect(daemon.list).toEqual(["web running"]);
    expect(daemon.get("web")).toMatchObject({ id, policy: { Name: "always" } });
    expect(daemon.tags.get(imageOf("web"))).toBe(BEFORE);
  });

  it("whose container somebody stops before it is touched leaves it stopped", async () => {
    const daemon = new MemoryDaemon();
    const id = daemon.run("web");
    const stop = rightBefore("Create", () => daemon.set(id, { state: "exited", isStopped: true }));
    expect(await replace(daemon.request("web", GOOD), daemon.ports(stop))).toMatchObject({ kind: "Superseded" });
    expect(daemon.list).toEqual(["web exited"]);
  });

  it("does not move a tag back that somebody has moved meanwhile", async () => {
    const daemon = new MemoryDaemon();
    daemon.run("web");
    daemon.run("api");
    await replace(daemon.request("api", GOOD), daemon.ports());
    const move = rightBefore("SetAside", () => daemon.tags.set(imageOf("web"), GOOD));
    await replace(daemon.request("web", BAD), daemon.ports(move));
    expect(daemon.tags.get(imageOf("web"))).toBe(GOOD);
  });

  it.each([
    ["refused", 1],
    ["refused after it was lost", 2],
  ])("leaves the tag as it was if its move is %s, although the daemon has moved it", async (_, failing) => {
    const daemon = new MemoryDaemon();
    daemon.run("web");
    let left = failing;
    const open = () =>
      intercepted(daemon.ports().open(), async (request, send) => {
        const sent = await send();
        if (request !== "tag" || left === 0) return sent;
        left--;
        const reply = { status: 500, headers: { "api-version": "1.41" }, body: Buffer.from("") };
        const cause = left === 0 ? new EngineError("tag", reply) : new Error("the connection was lost");
        return failure(advised("HostDiskFull", "No space is left", cause));
      });
    expect(await replace(daemon.request("web", GOOD), daemon.ports({ open }))).toMatchObject({
      kind: "Failed",
      failure: { reason: "HostDiskFull" },
    });
    expect(daemon.list).toEqual(["web running"]);
    expect(daemon.tags.get(imageOf("web"))).toBe(BEFORE);
  });

  it.each(
    [["create"], ["connect"], ["create", "remove"], ["connect", "remove"], ["connect", "remove", "create"]].flatMap(
      (requests) => [true, false].map((isCarriedOut) => ({ requests, isCarriedOut })),
    ),
  )("does not use a new container whose creation was lost: $requests, carried out: $isCarriedOut", async (lose) => {
    const daemon = new MemoryDaemon();
    const networks = { front: {}, middle: {}, back: {} };
    daemon.run("web", {}, { networkMode: "front", networks });
    const { open, left } = losing(daemon, lose.requests, lose.isCarriedOut);
    const engine = { name: "Docker", apiVersion: "1.41" };
    expect(await replace(daemon.request("web", GOOD), daemon.ports({ open, engine }))).toMatchObject({
      kind: "Succeeded",
    });
    expect(left).toEqual([]);
    expect(daemon.list).toEqual(["web running"]);
    expect(daemon.get("web")).toMatchObject({ networks, imageId: GOOD });
    expect(daemon.changes.filter((change) => change.startsWith("stop"))).toEqual(["stop web"]);
  });

  it("that is resumed after somebody removed its container is superseded", async () => {
    const daemon = new MemoryDaemon();
    daemon.run("other");
    const request = { ...daemon.request("web", GOOD), isResumed: true };
    const failure = { reason: "UpdateSuperseded" };
    expect(await replace(request, daemon.ports())).toMatchObject({ kind: "Superseded", failure });
    const fresh = daemon.request("web", GOOD);
    expect(await replace(fresh, daemon.ports())).toMatchObject({ failure: { reason: "ContainerNotFound" } });
  });

  it.each(["Pull", "Tag", "Create"] as const)(
    "that is refused at %s says that somebody has renamed its container meanwhile",
    async (step) => {
      const daemon = new MemoryDaemon();
      const id = daemon.run("web");
      const spoil = () => {
        daemon.set(id, { name: "mine" });
        daemon.pruneImages();
      };
      const digest = step === "Pull" ? `sha256:${"9".repeat(64)}` : GOOD;
      expect(await replace(daemon.request("web", digest), daemon.ports(rightBefore(step, spoil)))).toMatchObject({
        kind: "Superseded",
        failure: { message: expect.stringContaining("Somebody removed or renamed container web") },
      });
      expect(daemon.list).toEqual(["mine running"]);
    },
  );

  it("that was interrupted after somebody removed the old container starts the new one", async () => {
    for (const wasRunning of [true, false]) {
      const daemon = new MemoryDaemon();
      daemon.run("web");
      await replace(daemon.request("web", GOOD), daemon.ports());
      const { id = "", labels = {} } = daemon.get("web") ?? {};
      const label = { ...readLabel(labels), wasRunning };
      daemon.set(id, { state: "created", labels: { [LABEL]: JSON.stringify(label) } });
      expect(await replace(daemon.request("web", GOOD), daemon.ports())).toEqual({ kind: "UpToDate" });
      expect(daemon.list).toEqual([wasRunning ? "web running" : "web created"]);
    }
  });

  it.each(FORWARD)(
    "that is cancelled before %s leaves the old container, or the new one that has proved itself",
    async (step) => {
      const daemon = new MemoryDaemon();
      const id = daemon.run("web");
      const cancel = new AbortController();
      const ports = daemon.ports({ ...rightBefore(step, () => cancel.abort()), cancel: cancel.signal });
      const { kind } = await replace(daemon.request("web", GOOD), ports);
      expect(kind).toBe(["RemoveImage", "RemoveOld"].includes(step) ? "Succeeded" : "Cancelled");
      expect(daemon.list).toEqual(["web running"]);
      expect(daemon.get("web")?.id === id).toBe(kind === "Cancelled");
    },
  );
});

/** What is left of `web` and of updates of it, except for containers that are kept for a look. */
function left(daemon: MemoryDaemon): readonly string[] {
  return daemon.list.filter((line) => !/-kept exited$/.test(line));
}

describe.each([
  ["an update", GOOD, FORWARD],
  ["an update that fails", BAD, BACK],
] as const)("somebody else, before each step of %s,", (_, digest, steps) => {
  it.each(steps)("before %s: another controller never leaves two or none", async (step) => {
    for (const other of [GOOD, BAD]) {
      const daemon = new MemoryDaemon();
      daemon.run("web");
      const writer = { owner: "another", term: 9 };
      const results: ReplacementResult[] = [];
      const theirs = rightBefore(step, async () => {
        results.push(await replace(daemon.request("web", other), daemon.ports({ writer })));
      });
      results.push(await replace(daemon.request("web", digest), daemon.ports(theirs)));
      expect(left(daemon), JSON.stringify(results)).toEqual(["web running"]);
      expect(daemon.list).toHaveLength(1);
      for (const each of [daemon.ports(), daemon.ports({ writer })]) {
        expect(await recover(each)).toEqual(success([]));
      }
    }
  });

  const acts: Readonly<Record<string, (daemon: MemoryDaemon, id: string) => unknown>> = {
    "starts the old one": (daemon, id) => daemon.set(id, { state: "running" }),
    "restarts web": (daemon) => daemon.set(daemon.get("web")?.id ?? "", { state: "running" }),
    "prunes what is stopped": (daemon) => daemon.prune(),
    "takes the name": (daemon) => {
      if (daemon.get("web") === undefined) daemon.run("web");
    },
    "replaces web": (daemon) => {
      daemon.containers.delete(daemon.get("web")?.id ?? "");
      daemon.run("web");
    },
  };
  it.each(steps.flatMap((step) => Object.keys(acts).map((act) => [step, act] as const)))(
    "before %s: %s, and exactly one is left",
    async (step, act) => {
      const daemon = new MemoryDaemon();
      const id = daemon.run("web");
      let stored: Progress | undefined;
      const { record } = rightBefore(step, () => acts[act]?.(daemon, id));
      const ports = daemon.ports({
        record: async (progress) => {
          stored = progress;
          return await record(progress);
        },
      });
      const result = await replace(daemon.request("web", digest), ports);
      expect(result.kind).not.toBe("Interrupted");
      const isGone = digest === BAD && act === "prunes what is stopped";
      // A new container that fails is better than none.
      if (isGone) expect(left(daemon).length, JSON.stringify(result)).toBeLessThanOrEqual(1);
      else expect(left(daemon), JSON.stringify(result)).toEqual(["web running"]);
      if (result.kind === "RolledBack" && act !== "replaces web")
        expect(daemon.get("web")).toMatchObject({ id, policy: { Name: "always" } });
      const changes = daemon.changes.length;
      const again = await recover(daemon.ports(), stored);
      // It may only say once more that somebody has removed or replaced the container.
      expect(again.ok ? again.value.filter((each) => each.result.kind !== "Superseded") : again).toEqual([]);
      expect(daemon.changes.slice(changes)).toEqual([]);
    },
  );

  it.each(Object.keys(acts))("and another controller at the same time: %s, and exactly one is left", async (act) => {
    for (const step of steps) {
      for (const other of [GOOD, BAD]) {
        for (const isFirst of [true, false]) {
          const daemon = new MemoryDaemon();
          const id = daemon.run("web");
          const writer = { owner: "another", term: 9 };
          const both = rightBefore(step, async () => {
            if (isFirst) acts[act]?.(daemon, id);
            await replace(daemon.request("web", other), daemon.ports({ writer }));
            if (!isFirst) acts[act]?.(daemon, id);
          });
          const result = await replace(daemon.request("web", digest), daemon.ports(both));
          const when = `before ${step}, ${isFirst}: ${JSON.stringify(result)}`;
          const isGone = act === "prunes what is stopped" && (digest === BAD || other === BAD);
          if (isGone) expect(left(daemon).length, when).toBeLessThanOrEqual(1);
          else expect(left(daemon), when).toEqual(["web running"]);
          for (const each of [daemon.ports(), daemon.ports({ writer })]) {
            expect(await recover(each), when).toEqual(success([]));
          }
        }
      }
    }
  });
});
