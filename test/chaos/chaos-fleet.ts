import { X509Certificate } from "node:crypto";
import { findCondition } from "../../src/api/conditions.ts";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { KubeObject } from "../../src/runtime/kube-object.ts";
import type { Kube } from "../env/kube.ts";
import { hostManifest, TestNamespace } from "../integration/cluster.ts";
import { type FleetHost, type SimFleet, startSimFleet } from "../sim/fleet.ts";
import { KubeApi } from "../support/kube-api.ts";
import type { KeyPair } from "../support/pki.ts";

/** Simulated hosts over mutual TLS in a namespace of a real API server, each with a Secret of its own name. */
export class ChaosFleet {
  readonly namespace: TestNamespace;
  readonly api: KubeApi;
  readonly #sim: SimFleet;
  #bumps = 0;

  private constructor(namespace: TestNamespace, api: KubeApi, sim: SimFleet) {
    this.namespace = namespace;
    this.api = api;
    this.#sim = sim;
  }

  static async start(kube: Kube, hosts: number): Promise<ChaosFleet> {
    const sim = await startSimFleet({ hosts, containersPerHost: 0, images: 0 });
    const namespace = await TestNamespace.create(kube);
    const fleet = new ChaosFleet(namespace, new KubeApi(kube.facts), sim);
    for (const host of sim.hosts) {
      const metadata = { name: host.name };
      await fleet.api.create(fleet.secrets, { metadata, stringData: fleet.#entries(sim.client) });
      await fleet.createHost(host.name, host);
    }
    return fleet;
  }

  get hosts(): readonly FleetHost[] {
    return this.#sim.hosts;
  }

  get secrets(): string {
    return `/api/v1/namespaces/${this.namespace.name}/secrets`;
  }

  get dockerHosts(): string {
    return `/apis/dockerhost.dev/v1alpha1/namespaces/${this.namespace.name}/dockerhosts`;
  }

  /** Nothing but a change makes a handshake. */
  async createHost(name: string, { name: secret, endpoint }: FleetHost, spec: object = {}): Promise<void> {
    await this.api.create(
      this.dockerHosts,
      hostManifest(name, {
        host: endpoint,
        tls: { verify: true, certSecretRef: { name: secret } },
        interval: "1h",
        timeout: "10s",
        updateCheck: { suspend: true },
        ...spec,
      }),
    );
  }

  /** Resolves to the new generation, of another interval: within what the schema takes and far longer than any run. */
  async bump(name: string): Promise<number> {
    const minutes = 61 + (this.#bumps++ % 1_000);
    const { body } = await this.api.patch(`${this.dockerHosts}/${name}`, { spec: { interval: `${minutes}m` } });
    return (body as DockerHostObject).metadata.generation;
  }

  newClient(): Promise<KeyPair> {
    return this.#sim.authority.issue({ commonName: "operator", usages: ["clientAuth"] });
  }

  /** As cert-manager writes it: the data, and nothing else. Resolves to the new certificate's fingerprint. */
  async rotate(host: FleetHost, client?: KeyPair): Promise<string> {
    const pair = client ?? (await this.newClient());
    await this.api.patch(`${this.secrets}/${host.name}`, { stringData: this.#entries(pair) });
    return new X509Certificate(pair.certPem).fingerprint256;
  }

  /** Changes nothing that anybody acts on. Resolves to the version of the change. */
  async mark(path: string, mark: string): Promise<string> {
    const name = this.hosts[0]?.name;
    const { body } = await this.api.patch(`${path}/${name}`, {
      metadata: { annotations: { "chaos.test/mark": mark } },
    });
    return (body as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
  }

  async list<T extends KubeObject>(path: string): Promise<readonly T[]> {
    return ((await this.api.get(path)).body as { items: readonly T[] }).items;
  }

  /** Why the hosts are not all Ready in their newest generation; nothing where they are. */
  async unsettled(): Promise<readonly string[]> {
    return (await this.list<DockerHostObject>(this.dockerHosts)).flatMap(whyUnsettled);
  }

  async stop(): Promise<void> {
    await this.namespace.delete();
    this.api[Symbol.dispose]();
    await this.#sim.close();
  }

  #entries({ certPem, keyPem }: KeyPair): Readonly<Record<string, string>> {
    return { "ca.pem": this.#sim.authority.certPem, "cert.pem": certPem, "key.pem": keyPem };
  }
}

/** Why a host is not Ready in the generation that it has. */
export function whyUnsettled({ metadata, status }: Pick<DockerHostObject, "metadata" | "status">): readonly string[] {
  const ready = findCondition(status?.conditions, "Ready");
  const settled = status?.observedGeneration === metadata.generation && ready?.status === "True";
  if (settled) return [];
  return [`${metadata.name}: generation ${metadata.generation}, ${ready?.reason} of ${status?.observedGeneration}`];
}
