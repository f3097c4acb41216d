import { describe, expect, it } from "vitest";
import { containerUpdate, MemoryUpdates, updatableHost } from "../../test/support/container-update.ts";
import { ControllerProcess } from "../../test/support/controller-process.ts";
import { InstantClock } from "../../test/support/instant-clock.ts";
import { lost } from "../../test/support/memory-answers.ts";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { BAD, BEFORE, GOOD, imageOf } from "../../test/support/memory-images.ts";
import { isFinished } from "../api/container-update.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Outcome } from "../api/failure.ts";

const GONE_MS = 120_000;

/** What happens at one of the changing requests of the first controller. */
interface Strike {
  /** From 1. */
  readonly change: number;
  readonly when: "before" | "after";
  readonly act: (controller: Controller) => unknown;
}

/** A cluster with one update, and a daemon in memory. */
class Cluster {
  readonly daemon = new MemoryDaemon();
  readonly updates = new MemoryUpdates();
  readonly clock = new InstantClock();
  host: DockerHostObject | undefined = updatableHost();
  /** Until then, nothing reaches the daemon. */
  goneUntil = 0;
  readonly old = this.daemon.run("web");

  readonly #digest: string;

  constructor(digest: string) {
    this.#digest = digest;
    this.create("web", digest);
  }

  create(name: string, digest: string): void {
    const spec = { image: imageOf("web"), digest };
    this.updates.put(containerUpdate(spec, undefined, { name, uid: `u-${name}` }));
  }

  /** The phase of the update and the reason for it. */
  get end(): string {
    const { status } = this.updates.get("fleet/web") ?? {};
    return `${status?.phase} ${status?.conditions?.find(({ type }) => type === "Ready")?.reason}`;
  }

  /** As if nothing had happened. */
  expectEnd(): void {
    const isGood = this.#digest === GOOD;
    expect(this.end).toBe(isGood ? "Succeeded UpdateSucceeded" : "RolledBack ContainerExited");
    this.expectOnly(isGood ? GOOD : BEFORE);
  }

  /** One container on this image, of which everything is as it should be. */
  expectOnly(digest: string): void {
    const { daemon } = this;
    expect(daemon.list).toEqual(["web running"]);
    expect(daemon.get("web")).toMatchObject({ imageId: digest, policy: { Name: "always" } });
    expect(daemon.get("web")?.id === this.old).toBe(digest === BEFORE);
    expect(daemon.tags.get(imageOf("web"))).toBe(digest);
  }
}

/** One process, which leads until it resigns. */
class Controller {
  readonly cluster: Cluster;
  readonly #process: ControllerProcess;
  readonly #strike: Strike | undefined;
  changes = 0;

  constructor(cluster: Cluster, transitions: number, strike?: Strike) {
    this.cluster = cluster;
    this.#strike = strike;
    this.#process = new ControllerProcess(cluster, transitions, {
      request: (send, isChange) => this.#request(send, isChange),
    });
  }

  /** Runs until the update has ended, or this process no longer leads. */
  async run(key = "fleet/web"): Promise<void> {
    for (let tries = 0; tries < 20; tries++) {
      await this.#process.reconcile(key);
      const update = this.cluster.updates.get(key);
      if (!this.#process.isLeader || update === undefined || isFinished(update)) {
        if (this.changes < (this.#strike?.change ?? 0)) throw new Error("the change was not reached");
        return;
      }
      await this.#process.rest();
    }
    throw new Error(`it does not end: ${this.cluster.end} ${this.cluster.daemon.changes}`);
  }

  resign(): void {
    this.#process.resign();
  }

  async #request(send: () => Promise<Outcome<unknown>>, isChange: boolean) {
    if (isChange) this.changes++;
    const isStruck = isChange && this.changes === this.#strike?.change;
    if (isStruck && this.#strike?.when === "before") await this.#strike.act(this);
    if (this.#isGone) return lost();
    const answer = await send();
    if (isStruck && this.#strike?.when === "after") await this.#strike.act(this);
    return this.#isGone ? lost() : answer;
  }

  get #isGone(): boolean {
    return this.cluster.clock.monotonic() < this.cluster.goneUntil;
  }
}

/** How many changes an update makes if nothing happens. */
async function countChanges(digest: string): Promise<number> {
  const cluster = new Cluster(digest);
  const controller = new Controller(cluster, 1);
  await controller.run();
  cluster.expectEnd();
  return controller.changes;
}

const CHANGES = await Promise.all(
  ([GOOD, BAD] as const).map(async (digest) => {
    const what = digest === GOOD ? "an update" : "a rollback";
    return Array.from({ length: await countChanges(digest) }, (_, index) => ({ what, digest, change: index + 1 }));
  }),
);
const moments = CHANGES.flat().flatMap((each) => (["before", "after"] as const).map((when) => ({ ...each, when })));

it("makes as many changes as there are steps", () => {
  expect(moments.length).toBeGreaterThanOrEqual(2 * (9 + 15));
});

describe.each(CHANGES.flat())("another leader, at change $change of $what,", ({ digest, change }) => {
  it.each([
    ["finishes it with its cause", false],
    ["finishes it while the first one hangs, which then sends nothing more", true],
  ])("%s", async (_, hangs) => {
    const cluster = new Cluster(digest);
    const { daemon } = cluster;
    const [struck, woken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const act = async (controller: Controller) => {
      controller.resign();
      struck.resolve();
      if (hangs) await woken.promise;
    };
    const first = new Controller(cluster, 1, { change, when: "after", act });
    const running = first.run();
    await struck.promise;
    if (!hangs) await running;
    await new Controller(cluster, 2).run();
    const ended = daemon.changes.length;
    woken.resolve();
    await running;
    expect([daemon.changes.length, first.changes]).toEqual([ended, change]);
    cluster.expectEnd();
  });
});

describe.each(moments)("$what, $when its change $change,", ({ digest, change, when }) => {
  const moment = { change, when };

  it("continues with its cause if the machine is gone for two minutes", async () => {
    const cluster = new Cluster(digest);
    const act = () => {
      cluster.goneUntil = cluster.clock.monotonic() + GONE_MS;
    };
    await new Controller(cluster, 1, { ...moment, act }).run();
    expect(cluster.clock.monotonic()).toBeGreaterThanOrEqual(GONE_MS);
    cluster.expectEnd();
  });

  it("continues if its DockerHost is deleted", async () => {
    const cluster = new Cluster(digest);
    await new Controller(cluster, 1, { ...moment, act: () => (cluster.host = undefined) }).run();
    cluster.expectEnd();
  });

  it("continues if its DockerHost is deleted, and the cluster deletes the update with it", async () => {
    const cluster = new Cluster(digest);
    const act = () => {
      cluster.host = undefined;
      cluster.updates.store.remove("fleet/web");
    };
    await new Controller(cluster, 1, { ...moment, act }).run();
    // It is cancelled, unless the new container has proved itself.
    cluster.expectOnly(cluster.daemon.get("web")?.imageId === GOOD ? GOOD : BEFORE);
  });

  const recreated = () => {
    const host = updatableHost();
    return { ...host, metadata: { ...host.metadata, uid: "recreated" } };
  };

  it("is finished by another leader for the DockerHost that was created again meanwhile", async () => {
    const cluster = new Cluster(digest);
    const act = (controller: Controller) => {
      cluster.host = recreated();
      controller.resign();
    };
    await new Controller(cluster, 1, { ...moment, act }).run();
    await new Controller(cluster, 2).run();
    cluster.expectEnd();
  });

  it("is undone before the next update if nothing but the daemon knows of it", async () => {
    const cluster = new Cluster(digest);
    const { daemon, updates } = cluster;
    const act = (controller: Controller) => {
      controller.resign();
      updates.store.remove("fleet/web");
      cluster.host = recreated();
    };
    await new Controller(cluster, 1, { ...moment, act }).run();
    cluster.create("next", GOOD);
    await new Controller(cluster, 2).run("fleet/next");
    expect(updates.get("fleet/next")?.status?.phase).toBe("Succeeded");
    expect(daemon.list).toEqual(["web running"]);
    expect(daemon.get("web")).toMatchObject({ imageId: GOOD, policy: { Name: "always" } });
  });
});
