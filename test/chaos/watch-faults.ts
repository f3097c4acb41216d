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
  /** The least number of faults; each strikes one watch. */
  readonly faults: number;
  readonly seed: number;
  readonly inactivityMs: number;
  /** If given, everything must be as on the server this long after a fault. Only for a machine that does nothing else. */
  readonly withinMs?: number;
}

/** What a round strikes with: each watch in its own way, or all of them in the same way. */
const ROUNDS = ["each", "each", "each", "compaction", "away"] as const;
/** After a watch that was open for a shorter time, the waits grow, as they should. This only shortens the run. */
const BETWEEN_FAULTS_MS = 2_200;
const LONGEST_AWAY_MS = 1_500;
const HOSTS = 4;
const MOST_ROUNDS = 100;
/** Ends a run in which nothing happens any more. Nothing is judged by it: it is many times the longest wait of a reflector. */
const HANG_MS = 300_000;

/**
 * A controller and the runtime's own reflectors reach a real API server through a proxy that injects faults. In each round,
 * each of their watches is struck while Secrets are rotated, and hosts are changed, created and deleted. A round is judged
 * by what happens next, no matter how long it takes: what a cache reads after the changes must include all of them.
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
    const areWatching = async () =>
      watchers.flatMap(({ client, path }) =>
        proxy.openWatches.some((seen) => seen.path === path && seen.userAgent.startsWith(client))
          ? []
          : [`${client} does not watch ${path}`],
      );
    /** Waits until the cache has read a version after everything that was listed; what it missed of that. */
    const missed = async (mark: string): Promise<readonly string[]> => {
      const each = paths.map(async (path) => {
        const listed = await fleet.list(path);
        const version = await fleet.mark(path, mark);
        const isBehind = async () =>
          mirror.hasReached(path, version) ? [] : [`${path}: version ${version} is not read`];
        const hung = await settle(isBehind, HANG_MS);
        return hung.length > 0 ? hung : mirror.missed(path, listed);
      });
      return (await Promise.all(each)).flat();
    };
    diverged.push(...(await settle(() => fleet.unsettled(), HANG_MS)), ...(await missed("start")));
    const refused = () => mirror.causes.get("Gone") ?? 0;
    // However few faults are wanted, each kind of round happens. On a slow machine, a watch may be resumed before the
    // compaction; then another round has to show that a compacted version is refused.
    const isOver = (round: number) =>
      strikes.total >= faults && round >= ROUNDS.length && (refused() > 0 || round >= MOST_ROUNDS);
    for (let round = 0; !isOver(round) && diverged.length === 0 && !controller.hasEnded; round++) {
      const kind = rounds.next().value;
      // A fault that finds no watch would strike nothing.
      diverged.push(...(await settle(areWatching, HANG_MS)));
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
      const left = [
        ...(await missed(`round ${round}`)),
        ...(await settle(async () => [...(await fleet.unsettled()), ...isUsed()], HANG_MS)),
      ];
      settledMs.push(performance.now() - began);
      diverged.push(...left.map((each) => `round ${round}, ${kind}: ${each}`));
      await sleep(BETWEEN_FAULTS_MS);
    }
    const kept = diverged.length === 0;
    const exits = controller.hasEnded ? controller.output.slice(-2_000) : "0 exits";
    const found = kept ? "0 divergences" : diverged.join("; ");
    return [
      { promise: `${faults} faults strike watches`, seen: strikes.summary(), kept: strikes.total >= faults },
      { promise: "what is read after each includes all changes, and the controller acts on them", seen: found, kept },
      timeRow(settledMs, withinMs),
      {
        promise: "a version that was really compacted is refused",
        seen: `${refused()} times 410`,
        kept: refused() > 0,
      },
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

/** Times without a limit are only shown. */
function timeRow(times: readonly number[], withinMs: number | undefined): SummaryRow {
  const seen = formatTimes(times);
  if (withinMs === undefined) return { promise: "time until then (not judged)", seen, kept: true };
  return { promise: `within ${withinMs / 1_000} s`, seen, kept: times.every((ms) => ms <= withinMs) };
}

/** Changes something of each kind, past the proxy. Returns what must still happen before the Secret is used. */
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
