import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { fakeCli, TextSink } from "../../../test/support/cli.ts";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { success } from "../../common/result.ts";
import type { ListedDetails } from "../../docker/engine-details.ts";
import type { EngineAccess, ReplacementPorts } from "../../replacement/request.ts";
import { LABEL, placeName, writeLabel } from "../../replacement/transaction-label.ts";
import { OWNER } from "./daemon.ts";
import { settleUnfinished } from "./settle-unfinished.ts";

const TXN = "0123456789ab";
const [OLD, NEW] = ["a".repeat(64), "b".repeat(64)];

/** A daemon on which a command has ended after it had created the new container. */
class LeftDaemon {
  readonly clock = new FakeClock();
  readonly containers: ListedDetails[];

  constructor(owner = OWNER) {
    const label = writeLabel({
      txn: TXN,
      owner,
      term: 0,
      main: true,
      name: "web",
      replaces: OLD,
      wasRunning: true,
      restartPolicy: { Name: "no" },
      imageId: "sha256:2",
      oldImageId: "sha256:1",
      healthTimeoutMs: 1_000,
      stableForMs: 0,
      onFailure: "RollBack",
      restarts: [],
    });
    this.containers = [
      { id: OLD, name: "web", imageId: "sha256:1", state: "running", labels: {} },
      {
        id: NEW,
        name: placeName("web", TXN, "new"),
        imageId: "sha256:2",
        state: "created",
        labels: { [LABEL]: label },
      },
    ];
  }

  ports(additions: Partial<ReplacementPorts> = {}): ReplacementPorts {
    const refuse = () => Promise.reject(new Error("this must not be called"));
    const access: EngineAccess = {
      details: {
        listContainers: async () => success([...this.containers]),
        inspectContainer: refuse,
        inspectImage: refuse,
        info: refuse,
        inspectExec: refuse,
      },
      changes: {
        pull: refuse,
        tag: refuse,
        removeImage: refuse,
        create: refuse,
        connect: refuse,
        setRestartPolicy: refuse,
        stop: refuse,
        rename: refuse,
        start: refuse,
        restart: refuse,
        prepareExec: refuse,
        runExec: refuse,
        remove: async (id) => {
          this.end(id);
          return success(undefined);
        },
      },
      [Symbol.dispose]: () => undefined,
    };
    return {
      open: () => access,
      engine: { name: "Docker", apiVersion: "1.41" },
      writer: { owner: OWNER, term: 0 },
      clock: this.clock,
      random: () => 0.5,
      mayChange: () => true,
      record: async () => success(undefined),
      signal: new AbortController().signal,
      ...additions,
    };
  }

  end(id: string): void {
    this.containers.splice(0, this.containers.length, ...this.containers.filter((each) => each.id !== id));
  }

  get names(): readonly string[] {
    return this.containers.map(({ name }) => name);
  }
}

const options = { healthTimeout: 60_000 };

function atTerminal(answer: string) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  stdin.end(answer);
  return { ...fakeCli(), stdin, stderr: new TextSink(true, 200) };
}

describe("an update that an earlier command left unfinished", () => {
  it("is undone first where a person agrees", async () => {
    const daemon = new LeftDaemon();
    const context = atTerminal("y\n");
    expect(await settleUnfinished(daemon, "edge-7", options, context)).toBeUndefined();
    expect(daemon.names).toEqual(["web"]);
    expect(context.stderr.text).toContain("edge-7: the unfinished update of web was undone.");
  });

  it("is not touched if the person does not agree, or in a dry run", async () => {
    const daemon = new LeftDaemon();
    expect(await settleUnfinished(daemon, "edge-7", options, atTerminal("\n"))).toBe(1);
    expect(await settleUnfinished(daemon, "edge-7", { ...options, dryRun: true }, fakeCli())).toBe(1);
    expect(daemon.names).toHaveLength(2);
  });

  it("has its time to end, since another command may be busy with it, before it is undone with --yes", async () => {
    const daemon = new LeftDaemon();
    const settled = settleUnfinished(daemon, "edge-7", { ...options, yes: true }, fakeCli());
    await daemon.clock.advance(85_000);
    expect(daemon.names).toHaveLength(2);
    await daemon.clock.advance(10_000);
    expect(await settled).toBeUndefined();
    expect(daemon.names).toEqual(["web"]);
  });

  it("is not touched when the other command ends it in that time", async () => {
    const daemon = new LeftDaemon();
    const context = fakeCli();
    const settled = settleUnfinished(daemon, "edge-7", { ...options, yes: true }, context);
    await daemon.clock.advance(10_000);
    daemon.end(NEW);
    await daemon.clock.advance(10_000);
    expect(await settled).toBeUndefined();
    expect(context.stderr.text).not.toContain("undone.");
  });

  it("is refused where a controller has begun it", async () => {
    const daemon = new LeftDaemon("fleet/dockerhost-operator");
    const settled = settleUnfinished(daemon, "edge-7", { ...options, yes: true }, fakeCli());
    await expect(settled).rejects.toThrow("begun by fleet/dockerhost-operator");
    expect(daemon.names).toHaveLength(2);
  });
});
