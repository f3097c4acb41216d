import { beforeEach, describe, expect, it } from "vitest";
import { containerUpdate, updatableHost } from "../../test/support/container-update.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import type { ContainerUpdateObject } from "../api/container-update.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { silentLogger } from "../common/logger.ts";
import { Store } from "../runtime/store.ts";
import { UpdateQueue } from "./update-queue.ts";

let clock: FakeClock;
let updates: Store<ContainerUpdateObject>;
let hosts: Store<DockerHostObject>;
let ran: string[];
let noticed: string[];
let version = 10;

beforeEach(() => {
  clock = new FakeClock();
  updates = new Store();
  hosts = new Store();
  ran = [];
  noticed = [];
});

function put(update: ContainerUpdateObject): void {
  updates.upsert({ ...update, metadata: { ...update.metadata, resourceVersion: String(++version) } });
}

function putHost(host: DockerHostObject): void {
  hosts.upsert({ ...host, metadata: { ...host.metadata, resourceVersion: String(++version) } });
}

/** The keys of the updates that ran because of this change. */
async function runsAfter(act: () => void): Promise<readonly string[]> {
  ran.length = 0;
  act();
  await clock.advance(1);
  return [...ran];
}

function start(): () => Promise<void> {
  const queue = new UpdateQueue({
    ...{ updates, hosts, clock, random: () => 0.5, logger: silentLogger },
    reconciler: {
      reconcile: async (key) => {
        ran.push(key);
        return { kind: "done" };
      },
      noticed: (key) => noticed.push(key),
    },
  });
  const stop = new AbortController();
  const running = queue.controller.run(stop.signal);
  return async () => {
    stop.abort();
    await running;
  };
}

describe("updates run", () => {
  it("at the start, when they are created, when a user changes or replaces them, but not after a write of their own status", async () => {
    put(containerUpdate({}, undefined, { name: "early", uid: "u-early" }));
    const stop = start();
    expect(await runsAfter(() => undefined)).toEqual(["fleet/early"]);
    expect(await runsAfter(() => put(containerUpdate()))).toEqual(["fleet/web"]);
    expect(await runsAfter(() => put(containerUpdate({}, { phase: "Pulling" })))).toEqual([]);
    expect(noticed.at(-1)).toBe("fleet/web");
    const cancelled = containerUpdate({ cancel: true }, { phase: "Pulling" }, { generation: 2 });
    expect(await runsAfter(() => put(cancelled))).toEqual(["fleet/web"]);
    expect(await runsAfter(() => put(containerUpdate({}, undefined, { uid: "u-2" })))).toEqual(["fleet/web"]);
    await stop();
  });

  it("when their host is created, changed, connected or deleted, until they have ended", async () => {
    put(containerUpdate());
    put(containerUpdate({ hostRef: { name: "other" } }, undefined, { name: "other", uid: "u-other" }));
    put(containerUpdate({}, { phase: "Succeeded" }, { name: "ended", uid: "u-ended" }));
    const stop = start();
    await clock.advance(1);
    const host = updatableHost();
    expect(await runsAfter(() => putHost(host))).toEqual(["fleet/web"]);
    expect(await runsAfter(() => putHost({ ...host, status: { ...host.status, warnings: ["A warning"] } }))).toEqual(
      [],
    );
    expect(await runsAfter(() => putHost({ ...host, status: { ...host.status, conditions: [] } }))).toEqual([
      "fleet/web",
    ]);
    const changed = { ...host, metadata: { ...host.metadata, generation: 2 } };
    expect(await runsAfter(() => putHost(changed))).toEqual(["fleet/web"]);
    expect(await runsAfter(() => hosts.remove("fleet/edge-7"))).toEqual(["fleet/web"]);
    await stop();
  });
});
