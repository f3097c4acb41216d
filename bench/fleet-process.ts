import type { Counters } from "../test/sim/counters.ts";
import { startSimFleet } from "../test/sim/fleet.ts";
import { sumTraffic } from "./measurement.ts";
import type { FleetFacts, FleetShape, FleetTraffic, Traffic } from "./protocol.ts";

// Runs the simulated fleet in its own process, so that its work is not counted as a contender's. The first message
// contains its shape and is answered with its facts. Each further message is answered with the traffic since the last
// one.
process.once("message", async (shape: FleetShape) => {
  const fleet = await startSimFleet(shape);
  const daemons = fleet.hosts.map(({ daemon }) => daemon);
  for (const daemon of daemons.slice(0, shape.failing ?? 0)) await daemon.setFaults({ kind: "refuse" });
  const facts: FleetFacts = {
    ports: daemons.map(({ port }) => port),
    ca: fleet.authority.certPem,
    clientCert: fleet.client.certPem,
    clientKey: fleet.client.keyPem,
    registry: fleet.registry.host,
    tags: fleet.tags,
  };
  process.send?.(facts);
  process.on("message", () => {
    const traffic: FleetTraffic = {
      daemons: take(daemons.map(({ counters }) => counters)),
      registry: take([fleet.registry.counters]),
    };
    process.send?.(traffic);
  });
});

// Exit with the benchmark: without it, there is nobody to serve.
process.once("disconnect", () => process.exit());

/** Returns the sum of the counters and resets them. */
function take(counters: readonly Counters[]): Traffic {
  const parts = counters.map((each) => ({ handshakes: each.handshakes, requests: each.byRoute() }));
  for (const each of counters) each.reset();
  return sumTraffic(parts);
}
