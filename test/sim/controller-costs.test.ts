import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Program } from "../integration/program.ts";
import { eventually } from "../support/eventually.ts";
import { seriesOf } from "../support/scrape.ts";
import { temporaryFolder } from "../support/temp-folder.ts";
import { ClusterFleet } from "./cluster-fleet.ts";
import { type HeapSnapshot, stringsInCollections } from "./heap-snapshot.ts";
import { startRealController } from "./real-controller.ts";

const HOSTS = 12;
/** Files of the program and its packages that the controller loads: about 1,100 in November 2026. */
const MOST_MODULES = 1_200;
const REQUESTS_PER_PASS = 3;
const REQUESTS_PER_CHECK = 4;
/** What a host allows is tried once, at the first contact. */
const REQUESTS_FOR_CAPABILITIES = 4;
/** The status of each owner, that a slow pass is in progress, and an event for each of Ready and the check. */
const WRITES_PER_NEW_HOST = 5;
/** The process itself has timers and sockets, whose number varies by a few. */
const VARIATION = 4;

const isSettled = (fleet: ClusterFleet) => eventually(() => expect(fleet.unsettled()).toEqual([]));

describe("a controller", { timeout: 300_000 }, () => {
  it("loads a bounded number of modules until its workers start", async () => {
    const { server } = await ClusterFleet.start(0);
    const list = join(await temporaryFolder(), "modules");
    const preload = fileURLToPath(new URL("loaded-modules.ts", import.meta.url));
    const env = { LOADED_MODULES: list };
    const controller = await startRealController(server, { node: ["--import", preload], env });
    await controller.stop();
    const modules = (await readFile(list, "utf8")).split("\n").filter((url) => url.startsWith("file:"));
    expect(modules.length).toBeGreaterThan(100);
    for (const late of ["string-width", "src/page/page-server.ts", "src/cli/table.ts"]) {
      expect(modules.filter((url) => url.includes(late))).toEqual([]);
    }
    expect(modules.length, "load what the workers do not need with a dynamic import").toBeLessThan(MOST_MODULES);
  });

  it("makes few requests for a new host, and after a restart no check and no write for what is current", async () => {
    const fleet = await ClusterFleet.start(HOSTS);
    fleet.create();
    const first = await startRealController(fleet.server);
    await isSettled(fleet);
    await first.stop();
    const mostAtFirst = REQUESTS_PER_PASS + REQUESTS_FOR_CAPABILITIES + REQUESTS_PER_CHECK;
    expect(Math.max(...fleet.takeRequests())).toBeLessThanOrEqual(mostAtFirst);
    expect(fleet.writes).toBeLessThanOrEqual(HOSTS * WRITES_PER_NEW_HOST);
    const { writes } = fleet;
    const second = await startRealController(fleet.server);
    await eventually(async () => expect(await passes(second)).toBe(HOSTS));
    await second.stop();
    expect(Math.max(...fleet.takeRequests())).toBeLessThanOrEqual(REQUESTS_PER_PASS);
    expect(fleet.writes).toBe(writes);
  });

  it("keeps nothing of hosts that were deleted", async () => {
    const fleet = await ClusterFleet.start(HOSTS);
    const folder = await temporaryFolder();
    const snapshots = ["--heapsnapshot-signal=SIGUSR2", `--diagnostic-dir=${folder}`];
    const controller = await startRealController(fleet.server, { node: snapshots });
    // Of DockerHosts, Secrets and ContainerUpdates: each has a connection and timers of its own.
    await eventually(() => expect(fleet.server.openWatches).toBe(3));
    const before = await resources(controller);
    fleet.create();
    await isSettled(fleet);
    fleet.delete();
    await eventually(async () => {
      const metrics = await controller.metrics();
      expect(metrics).not.toMatch(/"sim-\d/);
      expect(Object.values(seriesOf(metrics, "workqueue_unfinished_work_seconds")).every((busy) => busy === 0)).toBe(
        true,
      );
      expect(await resources(controller)).toBeLessThanOrEqual(before + VARIATION);
    });
    const keys = fleet.sim.hosts.flatMap(({ name, endpoint }) => [`fleet/${name}`, `fleet/${name}-tls`, endpoint]);
    // What is still on its way when a snapshot is taken is gone in a later one.
    let held: ReadonlySet<string> = new Set(keys);
    for (let attempt = 0; attempt < 3 && keys.some((key) => held.has(key)); attempt++) {
      held = await heldStrings(controller, folder);
    }
    expect(keys.filter((key) => held.has(key))).toEqual([]);
    expect(held).toContain("fleet/registry-ca");
  });
});

/** The connection passes that have ended. */
async function passes(controller: Program): Promise<number> {
  const ended = seriesOf(await controller.metrics(), 'controller_runtime_reconcile_total{controller="connection"');
  return Object.values(ended).reduce((sum, count) => sum + count, 0);
}

/** Timers, sockets and whatever else keeps a process alive. */
async function resources(controller: Program): Promise<number> {
  const active = seriesOf(await controller.metrics(), "nodejs_active_resources{");
  return Object.values(active).reduce((sum, count) => sum + count, 0);
}

/** What the Maps and Sets of a process hold. It writes its heap snapshots to this folder. */
async function heldStrings(controller: Program, folder: string): Promise<ReadonlySet<string>> {
  process.kill(controller.pid, "SIGUSR2");
  let snapshot: HeapSnapshot | undefined;
  await eventually(async () => {
    const [file = ""] = await readdir(folder);
    snapshot = JSON.parse(await readFile(join(folder, file), "utf8")) as HeapSnapshot;
    await rm(join(folder, file));
  });
  if (snapshot === undefined) throw new Error("no heap snapshot was written");
  return stringsInCollections(snapshot);
}
