import { randomBytes } from "node:crypto";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { trustRoots } from "../common/trust-roots.ts";
import { ConnectionReconciler } from "../dockerhost/connection/reconciler.ts";
import type { Resources } from "../dockerhost/ports.ts";
import { SecretReadings } from "../dockerhost/secret-readings.ts";
import { UpdatesReconciler } from "../dockerhost/updates/reconciler.ts";
import { RegistryClient } from "../registry/client.ts";
import { RegistryConnections } from "../registry/connections.ts";
import { RegistryResolver } from "../registry/resolver.ts";
import type { Fences } from "./fences.ts";

/** The two reconcilers over one adapter, with everything that they share. Connections to registries end with it. */
export interface Reconcilers extends Disposable {
  readonly connection: ConnectionReconciler;
  readonly updates: UpdatesReconciler;
  /** What they last read of the Secrets. */
  readonly readings: SecretReadings;
}

export function createReconcilers(
  resources: Resources,
  clock: Clock,
  random: Random,
  { guard, requireTls }: Fences,
): Reconcilers {
  const systemRoots = trustRoots();
  const roots = () => systemRoots;
  const connections = new RegistryConnections({ systemRoots, guard });
  const resolver = new RegistryResolver({ client: new RegistryClient({ connections, clock }), clock, random });
  const readings = new SecretReadings({ resources, hashKey: randomBytes(32) });
  return {
    readings,
    connection: new ConnectionReconciler({ readings, resources, clock, random, roots, guard, requireTls }),
    updates: new UpdatesReconciler({ readings, resources, clock, roots, resolver, guard, requireTls }),
    [Symbol.dispose]: () => connections.close(),
  };
}
