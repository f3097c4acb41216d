import { expect, onTestFinished } from "vitest";
import type { ChangeKind } from "../../src/api/changes.ts";
import { type DockerHostObject, REQUESTED_AT } from "../../src/api/docker-host.ts";
import { type DialGuard, openGuard } from "../../src/common/dial-guard.ts";
import { type Logger, silentLogger } from "../../src/common/logger.ts";
import { replyBudget } from "../../src/docker/exchange.ts";
import { SpareConnections } from "../../src/docker/spare-connections.ts";
import { createTlsMemory } from "../../src/docker/tls-memory.ts";
import { ConnectionReconciler } from "../../src/dockerhost/connection/connection-reconciler.ts";
import { FollowedContainers } from "../../src/dockerhost/followed-containers.ts";
import type { HostEvent, Resources } from "../../src/dockerhost/ports.ts";
import { SecretReadings } from "../../src/dockerhost/secret-readings.ts";
import { UpdatesReconciler } from "../../src/dockerhost/updates/updates-reconciler.ts";
import { FileResources } from "../../src/files/file-resources.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { RegistryConnections } from "../../src/registry/connections.ts";
import { RegistryResolver } from "../../src/registry/resolver.ts";
import type { Requeue } from "../../src/runtime/requeue.ts";
import { type SimDaemon, startSimDaemon } from "../sim/daemon.ts";
import { pullImage } from "../sim/pull.ts";
import { type SimRegistry, startSimRegistry } from "../sim/registry.ts";
import { checkedResources } from "./checked-resources.ts";
import { summaries } from "./docker-host.ts";
import { FakeClock } from "./fake-clock.ts";
import { hostManifests } from "./merged-manifests.ts";
import { type Authority, createAuthority } from "./pki.ts";

type Entries = Readonly<Record<string, string>>;

const NAME = "edge-7";
const NAMESPACE = "fleet";
const KEY = `${NAMESPACE}/${NAME}`;

/** Authorities take a while to make, and serve every test of a file alike. */
export interface WorldKeys {
  readonly authority: Authority;
  /** Of another authority: what a Secret holds after a mix-up. */
  readonly foreign: Entries;
  readonly client: Entries;
}

/** What must not be reached; by default all may be. */
export interface WorldPolicies {
  readonly guard?: DialGuard;
  readonly requireTls?: boolean;
  readonly allowedSockets?: readonly string[];
  readonly hidesNetworkDetails?: boolean;
  /** Which changes are recorded for a receiver of notifications. */
  readonly notifies?: ReadonlySet<ChangeKind>;
}

export async function createWorldKeys(): Promise<WorldKeys> {
  const [authority, other] = await Promise.all(["CA", "Other CA"].map((commonName) => createAuthority({ commonName })));
  if (authority === undefined || other === undefined) throw new Error("no authority was made");
  return { authority, client: await clientEntries(authority), foreign: await clientEntries(other) };
}

async function clientEntries(authority: Authority): Promise<Entries> {
  const { certPem, keyPem } = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });
  return { "ca.pem": authority.certPem, "cert.pem": certPem, "key.pem": keyPem };
}

/**
 * One DockerHost `fleet/edge-7` with its Secrets `tls` and `registry-ca`, on a simulated daemon and a simulated registry
 * over real TLS, both reconcilers, and a clock that does not move. The daemon runs `web` of the image `shop/web:1`.
 */
export class SimulatedWorld {
  readonly clock = new FakeClock(Date.now());
  readonly events: HostEvent[] = [];
  readonly resources: FileResources;
  connection: ConnectionReconciler;
  updates: UpdatesReconciler;
  containers: FollowedContainers;
  readings: SecretReadings;
  readonly daemon: SimDaemon;
  readonly registry: SimRegistry;
  onSecretChange: (key: string) => void = () => undefined;
  readonly #policies: WorldPolicies;
  readonly #problems: string[] = [];
  #spec: object = {};
  #annotations: Entries = {};
  readonly #secrets = new Map<string, Entries>();

  /** Ends with the test. */
  static async start(keys: WorldKeys, policies: WorldPolicies = {}): Promise<SimulatedWorld> {
    const { authority } = keys;
    const serve = async (commonName: string) => {
      const { certPem, keyPem } = await authority.issue({
        commonName,
        ipAddresses: ["127.0.0.1"],
        usages: ["serverAuth"],
      });
      return { cert: certPem, key: keyPem };
    };
    const registry = await startSimRegistry({ tls: await serve("registry") });
    registry.push("shop/web", "1");
    const image = pullImage(registry, "shop/web", "1");
    const daemon = await startSimDaemon({
      tls: { ...(await serve("daemon")), clientCa: authority.certPem },
      engine: { name: NAME },
      images: [image],
      containers: [{ id: "7".repeat(64), name: "web", image: image.tags[0] ?? "", runs: image }],
    });
    const world = new SimulatedWorld(daemon, registry, policies);
    world.#secrets.set("tls", keys.client);
    world.#secrets.set("registry-ca", { "ca.crt": authority.certPem });
    await world.setSpec({});
    return world;
  }

  /** After its first pass, of which everything has been reported. */
  static async startConnected(keys: WorldKeys): Promise<SimulatedWorld> {
    const world = await SimulatedWorld.start(keys);
    await world.connect();
    world.takeEvents();
    return world;
  }

  /** A world whose host is connected and not checked yet, with these differences in spec.updateCheck. */
  static async connected(keys: WorldKeys, updateCheck: object = {}): Promise<SimulatedWorld> {
    const world = await SimulatedWorld.start(keys);
    const spec = world.host.spec as { updateCheck: object };
    await world.setSpec({ updateCheck: { ...spec.updateCheck, ...updateCheck } });
    await world.connect();
    world.takeEvents();
    return world;
  }

  /** The same, checked. */
  static async checked(keys: WorldKeys, updateCheck: object = {}): Promise<SimulatedWorld> {
    const world = await SimulatedWorld.connected(keys, updateCheck);
    await world.check();
    world.takeEvents();
    return world;
  }

  private constructor(daemon: SimDaemon, registry: SimRegistry, policies: WorldPolicies) {
    this.daemon = daemon;
    this.registry = registry;
    this.#policies = policies;
    this.resources = new FileResources({
      clock: this.clock,
      onEvent: (_host, event) => this.events.push(event),
      onSecretChange: (key) => this.onSecretChange(key),
    });
    const wired = this.#wire();
    this.connection = wired.connection;
    this.updates = wired.updates;
    this.readings = wired.readings;
    this.containers = wired.containers;
    onTestFinished(() => expect(this.#problems).toEqual([]));
    onTestFinished(async () => {
      await Promise.all([daemon.close(), registry.close()]);
    });
  }

  /** Another process with the same resources, or through something else: what was kept in memory is lost. */
  restart(through?: (resources: Resources) => Resources): void {
    Object.assign(this, this.#wire(through));
  }

  #wire(through: (resources: Resources) => Resources = (same) => same) {
    const { clock } = this;
    const [random, roots] = [() => 0.5, () => []];
    const { guard = openGuard(), requireTls = false, ...policies } = this.#policies;
    const access = {
      clock,
      random,
      roots,
      guard,
      replies: replyBudget(clock),
      tlsMemory: createTlsMemory(clock),
      requireTls,
      ...policies,
    };
    const connections = new RegistryConnections({ systemRoots: [], guard });
    onTestFinished(() => connections.close());
    const resolver = new RegistryResolver({ client: new RegistryClient({ connections, clock, random }), clock });
    const resources = through(checkedResources(this.resources, (problem) => this.#problems.push(problem)));
    const readings = new SecretReadings({ resources, hashKey: Buffer.alloc(32, 7) });
    const containers = new FollowedContainers(clock);
    const spares = new SpareConnections(clock);
    onTestFinished(() => spares[Symbol.dispose]());
    return {
      readings,
      containers,
      connection: new ConnectionReconciler({ containers, spares, readings, resources, ...access }),
      updates: new UpdatesReconciler({ containers, spares, readings, resources, resolver, ...access }),
    };
  }

  get host(): DockerHostObject {
    const host = this.resources.getHost(KEY);
    if (host === undefined) throw new Error("the host is gone");
    return host;
  }

  /** What differs from a spec that works; replaces whole fields. */
  async setSpec(overrides: object): Promise<void> {
    this.#spec = {
      host: `tcp://127.0.0.1:${this.daemon.port}`,
      tls: { verify: true, certSecretRef: { name: "tls" } },
      updateCheck: { registries: [{ host: this.registry.host, certSecretRef: { name: "registry-ca" } }] },
      ...overrides,
    };
    await this.#apply();
  }

  /** Takes the Secret away where no entries are given. */
  async setSecret(name: string, entries: Entries | undefined): Promise<void> {
    if (entries === undefined) this.#secrets.delete(name);
    else this.#secrets.set(name, entries);
    await this.#apply();
  }

  /** As a person would: some time after what went before. */
  async request(token: string): Promise<void> {
    await this.clock.advance(1_000);
    this.#annotations = { [REQUESTED_AT]: token };
    await this.#apply();
  }

  async removeHost(): Promise<void> {
    this.#annotations = {};
    await this.resources.apply(this.#manifests({}));
  }

  async connect(signal = new AbortController().signal, logger: Logger = silentLogger): Promise<Requeue> {
    return await this.connection.reconcile(KEY, signal, logger);
  }

  async check(signal = new AbortController().signal, logger: Logger = silentLogger): Promise<Requeue> {
    return await this.updates.reconcile(KEY, signal, logger);
  }

  /** Those of the update check, as `Type=Status Reason`. */
  get updateConditions(): readonly string[] {
    return summaries(this.host.status?.conditions?.filter(({ type }) => type.startsWith("Update")));
  }

  /** The events since the last call, as `Type Reason`. */
  takeEvents(): readonly string[] {
    return this.events.splice(0).map(({ type, reason }) => `${type} ${reason}`);
  }

  async #apply(): Promise<void> {
    const host = { annotations: this.#annotations, spec: this.#spec };
    await this.resources.apply(this.#manifests({ [KEY]: host }));
  }

  #manifests(hosts: Parameters<typeof hostManifests>[0]) {
    const secrets = [...this.#secrets].map(([name, entries]) => [`${NAMESPACE}/${name}`, entries]);
    return hostManifests(hosts, Object.fromEntries(secrets));
  }
}
