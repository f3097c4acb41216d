import type { ChaosFleet } from "../test/chaos/chaos-fleet.ts";
import { settle } from "../test/chaos/settle.ts";
import type { FleetHost } from "../test/sim/fleet.ts";

/** A rotation that takes longer than this counts as missed. */
const GIVE_UP_MS = 60_000;
const POLL_MS = 5;

/**
 * Replaces the Secret of each host once, `concurrency` of them in parallel. Returns how long each takes from the write
 * to the handshake in which the daemon receives the new certificate, in milliseconds.
 */
export async function rotationTimes(
  fleet: ChaosFleet,
  hosts: readonly FleetHost[],
  concurrency: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  // All hosts get the same certificate, as when a CA is replaced. It is issued before the measurement starts.
  const client = await fleet.newClient();
  const pending = [...hosts];
  const work = async () => {
    for (let host = pending.shift(); host !== undefined; host = pending.shift()) {
      const { clients } = host.daemon.counters;
      const began = performance.now();
      const fingerprint = await fleet.rotate(host, client);
      await settle(async () => (clients.has(fingerprint) ? [] : ["not yet"]), GIVE_UP_MS, POLL_MS);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return times;
}
