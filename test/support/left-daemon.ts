import { OWNER } from "../../src/cli/update/daemon.ts";
import { success } from "../../src/common/result.ts";
import type { ListedDetails } from "../../src/docker/engine-details.ts";
import type { EngineAccess, ReplacementPorts } from "../../src/replacement/request.ts";
import { LABEL, placeName, writeLabel } from "../../src/replacement/transaction-label.ts";
import { FakeClock } from "./fake-clock.ts";

export const TXN = "0123456789ab";
const OLD = "a".repeat(64);
export const NEW = "b".repeat(64);

/** A daemon on which an update was interrupted after it had created the new container. */
export class LeftDaemon {
  readonly clock = new FakeClock();
  readonly surface = "flags";
  readonly containers: ListedDetails[];

  constructor(owner: string, begun: { readonly lease?: string; readonly term: number } = { term: 0 }) {
    const label = writeLabel({
      txn: TXN,
      owner,
      ...begun,
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
      { id: OLD, name: "web", image: "web:1", imageId: "sha256:1", state: "running", labels: {} },
      {
        id: NEW,
        name: placeName("web", TXN, "new"),
        image: "web:1",
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
        inspectForRecreation: refuse,
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
