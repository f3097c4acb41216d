import type { ChaosFleet } from "../test/chaos/chaos-fleet.ts";
import { settle } from "../test/chaos/settle.ts";
import type { FleetHost } from "../test/sim/fleet.ts";

/** What has not come by then is missing. */
const GIVE_UP_MS = 60_000;
const POLL_MS = 5;

/**
 * Replaces the Secret of each host once, so many at a time: how long each takes from the write to the handshake in
 * which the daemon is shown the new certificate, in milliseconds.
 */
export async function rotationTimes(
  fleet: ChaosFleet,
  hosts: readonly FleetHost[],
  concurrency: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  // One for all, as when an authority is replaced; made before the clock runs.
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
