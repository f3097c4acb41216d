import type { Counters } from "../test/sim/counters.ts";
import { startSimFleet } from "../test/sim/fleet.ts";
import { sumTraffic } from "./measurement.ts";
import type { FleetFacts, FleetShape, FleetTraffic, Traffic } from "./protocol.ts";

// The simulated fleet, in a process of its own so that its work is not counted as a contender's. It takes its shape
// as the first message and answers with its facts; every further message is answered with the traffic since the last.
process.once("message", async (shape: FleetShape) => {
  const fleet = await startSimFleet(shape);
  const daemons = fleet.hosts.map(({ daemon }) => daemon);
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

// Without the benchmark there is nobody to serve.
process.once("disconnect", () => process.exit());

/** The sum of the counters, which begin anew. */
function take(counters: readonly Counters[]): Traffic {
  const parts = counters.map((each) => ({ handshakes: each.handshakes, requests: each.byRoute() }));
  for (const each of counters) each.reset();
  return sumTraffic(parts);
}
