import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { trustRoots } from "../common/trust-roots.ts";
import { ConnectionReconciler } from "../dockerhost/connection/reconciler.ts";
import type { Resources } from "../dockerhost/ports.ts";
import { UpdatesReconciler } from "../dockerhost/updates/reconciler.ts";
import { RegistryClient } from "../registry/client.ts";
import { RegistryConnections } from "../registry/connections.ts";
import { RegistryResolver } from "../registry/resolver.ts";

/** The two reconcilers over one adapter, with everything that they share. Connections to registries end with it. */
export interface Reconcilers extends Disposable {
  readonly connection: ConnectionReconciler;
  readonly updates: UpdatesReconciler;
}

export function createReconcilers(resources: Resources, clock: Clock, random: Random): Reconcilers {
  const systemRoots = trustRoots();
  const roots = () => systemRoots;
  const connections = new RegistryConnections({ systemRoots });
  const resolver = new RegistryResolver({ client: new RegistryClient({ connections, clock }), clock, random });
  return {
    connection: new ConnectionReconciler({ resources, clock, random, roots }),
    updates: new UpdatesReconciler({ resources, clock, roots, resolver }),
    [Symbol.dispose]: () => connections.close(),
  };
}
