import { randomBytes } from "node:crypto";
import type { ChangeKind } from "../api/changes.ts";
import type { Surface } from "../api/surface.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { trustRoots } from "../common/trust-roots.ts";
import { replyBudget } from "../docker/exchange.ts";
import { SpareConnections } from "../docker/spare-connections.ts";
import { createTlsMemory } from "../docker/tls-memory.ts";
import { ConnectionReconciler, type Pacing } from "../dockerhost/connection/connection-reconciler.ts";
import { FollowedContainers } from "../dockerhost/followed-containers.ts";
import type { HostObserver } from "../dockerhost/host-observer.ts";
import type { Resources } from "../dockerhost/ports.ts";
import { SecretReadings } from "../dockerhost/secret-readings.ts";
import type { EngineAccess } from "../dockerhost/target.ts";
import { UpdatesReconciler } from "../dockerhost/updates/updates-reconciler.ts";
import { RegistryClient } from "../registry/client.ts";
import { RegistryConnections } from "../registry/connections.ts";
import type { RegistryLogins } from "../registry/logins.ts";
import type { RegistryObserver } from "../registry/registry-observer.ts";
import { RegistryResolver } from "../registry/resolver.ts";
import type { ConnectionPolicies } from "./connection-policy.ts";

/** The two reconcilers and everything that they share. Disposing of it closes the connections. */
export interface Reconcilers extends Disposable {
  readonly connection: ConnectionReconciler;
  readonly updates: UpdatesReconciler;
  /** What the reconcilers last read from Secrets. */
  readonly readings: SecretReadings;
  /** What connection passes notice about containers. */
  readonly containers: FollowedContainers;
  /** How they reach daemons. */
  readonly access: EngineAccess;
}

/** What a command adds to the reconcilers. */
export interface ReconcilerAdditions {
  /** Observers that count what the reconcilers do. */
  readonly hosts?: HostObserver;
  readonly registries?: RegistryObserver;
  readonly pacing?: Pacing | undefined;
  /** The logins of the user who runs the command. */
  readonly logins?: RegistryLogins | undefined;
  /** PEM certificates that are trusted for every registry, in addition to the system's. */
  readonly registryRoots?: readonly string[] | undefined;
  /** Whether this program carries out updates, so that it should know what of them is allowed. */
  readonly probesChanges?: boolean;
  /** Which changes are recorded for the receiver of notifications; none if there is no receiver. */
  readonly notifies?: ReadonlySet<ChangeKind> | undefined;
  /** Where messages are read; default in objects. */
  readonly surface?: Surface;
}

export function createReconcilers(
  resources: Resources,
  clock: Clock,
  random: Random,
  policies: ConnectionPolicies,
  { hosts, registries, pacing, logins, registryRoots = [], probesChanges, notifies, surface }: ReconcilerAdditions = {},
): Reconcilers {
  // Reading them takes a tenth of the start, so this waits until a connection needs them.
  let systemRoots: readonly string[] | undefined;
  const roots = () => {
    systemRoots ??= trustRoots();
    return systemRoots;
  };
  const connections = new RegistryConnections({
    get systemRoots() {
      return [...roots(), ...registryRoots];
    },
    guard: policies.guard,
    clock,
    proxy: policies.registryProxy,
  });
  const client = new RegistryClient({ connections, clock, random, observer: registries });
  const resolver = new RegistryResolver({ client, clock });
  const readings = new SecretReadings({ resources, hashKey: randomBytes(32) });
  const replies = replyBudget(clock);
  const tlsMemory = createTlsMemory(clock);
  const access = { resources, roots, replies, tlsMemory, surface, ...policies };
  const containers = new FollowedContainers(clock);
  const spares = new SpareConnections(clock);
  const shared = { ...access, containers, spares, random, readings, resources, clock, observer: hosts, notifies };
  return {
    readings,
    containers,
    access,
    connection: new ConnectionReconciler({ ...shared, pacing, probesChanges }),
    updates: new UpdatesReconciler({ ...shared, resolver, logins }),
    [Symbol.dispose]: () => {
      connections.close();
      spares[Symbol.dispose]();
    },
  };
}
