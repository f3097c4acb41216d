import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdFacts } from "../env/etcd.ts";
import type { Kube } from "../env/kube.ts";
import { ApiProxy } from "../integration/api-proxy.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import { formatTimes, type SummaryRow } from "../support/summary.ts";
import { ChaosFleet } from "./chaos-fleet.ts";
import { MIRROR, Mirror } from "./mirror.ts";
import { seededRandom, shuffledForever } from "./seeded-random.ts";
import { settle } from "./settle.ts";
import { Strikes } from "./strikes.ts";
import { compact, startUncachedKube } from "./uncached-kube.ts";

export interface WatchFaultsOptions {
  readonly kube: Kube;
  readonly etcd: EtcdFacts;
  /** At least so many; each strikes one watch. */
  readonly faults: number;
  readonly seed: number;
  readonly inactivityMs: number;
  /** Within so long after a fault everything is to be as the server has it. */
  readonly withinMs: number;
}

/** What a round strikes with: each watch in a way of its own, or all of them in the same. */
const ROUNDS = ["each", "each", "each", "compaction", "away"] as const;
/** After a watch that held for less the waits grow, as they should: each fault is to be one of its own. */
const BETWEEN_FAULTS_MS = 2_200;
const LONGEST_AWAY_MS = 1_500;
const HOSTS = 4;

/**
 * A controller and the runtime's own reflectors reach a real API server by a way on which things go wrong. In each round
 * each of their watches is struck while Secrets are rotated, and hosts are changed, created and deleted.
 */
export async function runWatchFaults(options: WatchFaultsOptions): Promise<readonly SummaryRow[]> {
  const { faults, inactivityMs, withinMs } = options;
  const random = seededRandom(options.seed);
  const kube = await startUncachedKube(options.kube);
  const proxy = await ApiProxy.start(kube);
  const fleet = await ChaosFleet.start(options.kube, HOSTS);
  const paths = [fleet.dockerHosts, fleet.secrets];
  const watchers = [MIRROR, "dockerhost-operator"].flatMap((client) => paths.map((path) => ({ client, path })));
  const limit = ["--watch-inactivity-limit", `${inactivityMs}ms`];
  const controller = await Program.controller(proxy.kube, fleet.namespace.name, [...LOOPBACK, ...limit]);
  const strikes = new Strikes(proxy, random);
  const rounds = shuffledForever(ROUNDS, random);
  const [settledMs, diverged]: [number[], string[]] = [[], []];
  try {
    await using mirror = new Mirror(proxy.kube, paths, inactivityMs);
    const differences = async (): Promise<readonly string[]> => {
      const lists = await Promise.all(paths.map((path) => fleet.list(path)));
      const cached = paths.flatMap((path, index) => mirror.differences(path, lists[index] ?? []));
      return [...cached, ...(await fleet.unsettled())];
    };
    diverged.push(...(await settle(differences, 60_000)));
    // However few faults are asked for, each kind of round is among them.
    const isOver = (round: number) => strikes.total >= faults && round >= ROUNDS.length;
    for (let round = 0; !isOver(round) && diverged.length === 0 && !controller.hasEnded; round++) {
      const kind = rounds.next().value;
      if (kind === "away") await proxy.away();
      if (kind === "compaction") proxy.strike(() => true, "half-open");
      if (kind === "each") {
        for (const { client, path } of watchers) {
          strikes.next((seen) => seen.path === path && seen.userAgent.startsWith(client));
        }
      }
      const began = performance.now();
      const isUsed = await change(fleet, round);
      if (kind === "compaction") {
        await compact(options.etcd);
        const struck = proxy.strike(() => true, "reset");
        strikes.count(kind, struck);
      }
      if (kind === "away") {
        await sleep(random() * LONGEST_AWAY_MS);
        await proxy.back();
        strikes.count(kind, watchers.length);
      }
      const left = await settle(async () => [...(await differences()), ...isUsed()], withinMs);
      settledMs.push(performance.now() - began);
      diverged.push(...left.map((each) => `round ${round}, ${kind}: ${each}`));
      await sleep(BETWEEN_FAULTS_MS);
    }
    const kept = diverged.length === 0;
    const gone = mirror.causes.get("Gone") ?? 0;
    const exits = controller.hasEnded ? controller.output.slice(-2_000) : "0 exits";
    const found = kept ? "0 divergences" : diverged.join("; ");
    return [
      { promise: `${faults} faults strike watches`, seen: strikes.summary(), kept: strikes.total >= faults },
      { promise: "after each the cache equals the server, and the controller has worked", seen: found, kept },
      { promise: `within ${withinMs / 1_000} s`, seen: formatTimes(settledMs), kept },
      { promise: "a version that was really compacted is refused", seen: `${gone} times 410`, kept: gone > 0 },
      { promise: "each Secret rotated meanwhile is used", seen: `${settledMs.length} rotations`, kept },
      { promise: "no exit", seen: exits, kept: !controller.hasEnded },
    ];
  } finally {
    await controller.stop();
    await fleet.stop();
    await proxy.close();
    await kube.stop();
  }
}

/** Something of everything, by the way that always works. Returns what is still to happen before the Secret is used. */
async function change(fleet: ChaosFleet, round: number): Promise<() => readonly string[]> {
  const rotated = fleet.hosts[round % HOSTS];
  const bumped = fleet.hosts[(round + 1) % HOSTS];
  if (rotated === undefined || bumped === undefined) throw new Error("there are no hosts");
  const fingerprint = await fleet.rotate(rotated);
  await fleet.bump(bumped.name);
  if (round % 2 === 0) await fleet.createHost(`extra-${round}`, bumped);
  else await fleet.api.delete(`${fleet.dockerHosts}/extra-${round - 1}`);
  const { clients } = rotated.daemon.counters;
  return () => (clients.has(fingerprint) ? [] : [`${rotated.name}: the rotated Secret is not used`]);
}
