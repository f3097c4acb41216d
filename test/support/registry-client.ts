import { onTestFinished } from "vitest";
import { openGuard } from "../../src/common/dial-guard.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { RegistryConnections } from "../../src/registry/connections.ts";
import { RegistryResolver } from "../../src/registry/resolver.ts";
import { type SimRegistry, type SimRegistryOptions, startSimRegistry } from "../sim/registry.ts";
import { FakeClock } from "./fake-clock.ts";

/** A simulated registry that ends with the test. */
export async function startRegistry(options: SimRegistryOptions = {}): Promise<SimRegistry> {
  const registry = await startSimRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

/** A client of registries without jitter, on a clock that does not move. Ends with the test. */
export function createRegistryClient(clock = new FakeClock()) {
  const connections = new RegistryConnections({ systemRoots: [], guard: openGuard() });
  onTestFinished(() => connections.close());
  const client = new RegistryClient({ connections, clock, random: () => 0.5 });
  return { clock, client, resolver: new RegistryResolver({ client, clock }) };
}
