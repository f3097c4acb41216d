import { setTimeout as sleep } from "node:timers/promises";
import type { Kube } from "../env/kube.ts";
import type { LeaseTimings } from "../integration/program.ts";
import { formatTimes, type SummaryRow } from "../support/summary.ts";
import { ChaosFleet } from "./chaos-fleet.ts";
import { Load } from "./load.ts";
import { Replicas } from "./replicas.ts";
import { settle } from "./settle.ts";

export interface FailoverOptions {
  readonly kube: Kube;
  readonly hosts: number;
  readonly kills: number;
  readonly stops: number;
  readonly timings: LeaseTimings;
  /** On a machine of its own the promised times count; elsewhere they may be longer by this factor. */
  readonly patience: number;
}

/** How long a load runs before its leader is taken away, and while another is sought. */
const LOAD_MS = 1_500;
const STOP_WITHIN_MS = 5_000;
const SETTLE_MS = 60_000;

/** Leaders are killed and stopped while every host changes all the time. */
export async function runFailover(options: FailoverOptions): Promise<readonly SummaryRow[]> {
  const { kube, timings, patience } = options;
  const fleet = await ChaosFleet.start(kube, options.hosts);
  const killWithinMs = timings.leaseMs + 2.2 * timings.retryMs;
  const [killMs, stopMs, lost, codes]: [number[], number[], string[], (number | null)[]] = [[], [], [], []];
  let rotations = 0;
  try {
    await using replicas = await Replicas.start({ kube, namespace: fleet.namespace.name, timings }, 2);
    lost.push(...(await settle(() => fleet.unsettled(), SETTLE_MS)));

    const round = async (end: "kill" | "stop") => {
      const leader = await replicas.leader();
      const standby = replicas.running.find((each) => each !== leader);
      if (standby === undefined) throw new Error("nobody stands by");
      const load = Load.start(fleet);
      await sleep(LOAD_MS);
      const at = Date.now();
      if (end === "kill") await leader.program.kill();
      else codes.push(await leader.program.stop());
      const ended = Date.now();
      // From the kill on, or from the end of an orderly stop, in which the old one still works.
      const from = end === "kill" ? at : ended;
      const waited = await settle(
        async () => (replicas.firstActAfter(standby, at) === undefined ? ["nobody acts"] : []),
        patience * (killWithinMs + STOP_WITHIN_MS) + SETTLE_MS,
      );
      lost.push(...waited);
      (end === "kill" ? killMs : stopMs).push(Math.max(0, (replicas.firstActAfter(standby, at) ?? Number.NaN) - from));
      await load.stop();
      rotations += load.rotations;
      lost.push(...(await settle(async () => [...(await fleet.unsettled()), ...load.unused()], SETTLE_MS)));
      await replicas.add();
    };
    for (let kill = 0; kill < options.kills; kill++) await round("kill");
    for (let stop = 0; stop < options.stops; stop++) await round("stop");

    const overlaps = replicas.overlaps();
    const [kill, stop] = [Math.max(0, ...killMs), Math.max(0, ...stopMs)];
    return [
      {
        promise: `kill -9 of the leader: another acts within ${((patience * killWithinMs) / 1_000).toFixed(1)} s`,
        seen: `${killMs.length} rounds: ${formatTimes(killMs)}`,
        kept: kill <= patience * killWithinMs,
      },
      {
        promise: `SIGTERM of the leader: the other acts within ${(patience * STOP_WITHIN_MS) / 1_000} s of its end`,
        seen: `${stopMs.length} rounds: ${formatTimes(stopMs)}`,
        kept: stop <= patience * STOP_WITHIN_MS,
      },
      { promise: "it ends with 0", seen: codes.join(", "), kept: codes.every((code) => code === 0) },
      {
        promise: "no key lost, no reconcile cut without a retry",
        seen: lost.join("; ") || "0",
        kept: lost.length === 0,
      },
      {
        promise: "nobody acts after another took over",
        seen: overlaps.slice(0, 5).join("; ") || `0 of ${replicas.acts().length} acts`,
        kept: overlaps.length === 0,
      },
      {
        promise: "Secrets rotated meanwhile are used, by their last value",
        seen: `${rotations} rotations of ${options.hosts} Secrets`,
        kept: lost.length === 0,
      },
    ];
  } finally {
    await fleet.stop();
  }
}
