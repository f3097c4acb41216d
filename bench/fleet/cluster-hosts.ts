import { setTimeout as sleep } from "node:timers/promises";
import { findCondition } from "../../src/api/conditions.ts";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { Kube } from "../../test/env/kube.ts";
import { hostManifest, TestNamespace } from "../../test/integration/cluster.ts";
import { KubeApi } from "../../test/support/kube-api.ts";
import { totalRequests } from "../measurement.ts";
import { type Fleet, startFleet } from "../processes.ts";
import type { FleetShapeOptions } from "./options.ts";

const WRITES_AT_ONCE = 20;
const POLL_MS = 250;

export interface Traffic {
  readonly daemons: number;
  /** Of the daemons, by route. */
  readonly routes: Readonly<Record<string, number>>;
  readonly registry: number;
}

/** A simulated fleet in its own process, and its DockerHosts and Secrets on a real API server. */
export class ClusterHosts implements AsyncDisposable {
  readonly namespace: string;
  readonly size: number;
  readonly #namespace: TestNamespace;
  readonly #api: KubeApi;
  readonly #fleet: Fleet;
  readonly #failing: number;

  private constructor(namespace: TestNamespace, api: KubeApi, fleet: Fleet, failing: number) {
    this.namespace = namespace.name;
    this.size = fleet.facts.ports.length;
    this.#namespace = namespace;
    this.#api = api;
    this.#fleet = fleet;
    this.#failing = failing;
  }

  /** @param shards the number of values of the label `shard`, which the hosts take in turn */
  static async start(kube: Kube, shape: FleetShapeOptions, shards = 1): Promise<ClusterHosts> {
    const { hosts, containers: containersPerHost, images, latencyMs } = shape;
    const failing = Math.round(hosts * shape.failing);
    const fleet = await startFleet({ hosts, containersPerHost, images, latencyMs, failing });
    const namespace = await TestNamespace.create(kube);
    const started = new ClusterHosts(namespace, new KubeApi(kube.facts), fleet, failing);
    await started.#createSecret("registry-ca", { "ca.crt": fleet.facts.ca });
    await started.#forEach((index) => started.#createHost(index, String(index % shards)));
    return started;
  }

  /** The seconds until every host that can be reached is Ready and checked, and the others are known to fail. */
  async settled(limitSeconds: number): Promise<number> {
    const began = performance.now();
    const unsettled = new Set(Array.from({ length: this.size }, (_, index) => `host-${index}`));
    try {
      // To list 20 MB again and again would keep the API server busy, whose cores the controller shares.
      const versions = this.#api.watch(
        `${this.#hosts}?watch=true&resourceVersion=0`,
        AbortSignal.timeout(limitSeconds * 1_000),
      );
      for await (const version of versions) {
        const host = version as DockerHostObject;
        if (isSettled(host, this.#fails(host))) unsettled.delete(host.metadata.name);
        else unsettled.add(host.metadata.name);
        if (unsettled.size === 0) return (performance.now() - began) / 1_000;
      }
    } catch (error) {
      console.error(String(error));
    }
    console.error(`${unsettled.size} of ${this.size} hosts have not settled after ${limitSeconds} s`);
    return Number.NaN;
  }

  /** Waits until the daemons have answered this many requests since the last call of takeTraffic. */
  async untilAnswered(requests: number, limitSeconds: number): Promise<Traffic> {
    const deadline = performance.now() + limitSeconds * 1_000;
    let total = await this.takeTraffic();
    while (total.daemons < requests && performance.now() < deadline) {
      await sleep(POLL_MS);
      const { daemons, registry } = await this.takeTraffic();
      total = { ...total, daemons: total.daemons + daemons, registry: total.registry + registry };
    }
    return total;
  }

  /** The milliseconds that the API server takes to send all hosts, as the list of a start. */
  async listMs(): Promise<number> {
    const began = performance.now();
    await this.#api.get(this.#hosts);
    return performance.now() - began;
  }

  /** The versions of all hosts, to see whether any was written. */
  async versions(): Promise<ReadonlySet<string>> {
    return new Set((await this.#list()).map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`));
  }

  /** The size of a host as the API server sends it, with its managed fields. */
  async bytesPerHost(): Promise<number> {
    return JSON.stringify(await this.#list()).length / this.size;
  }

  /** Since the last call. */
  async takeTraffic(): Promise<Traffic> {
    const { daemons, registry } = await this.#fleet.takeTraffic();
    return { daemons: totalRequests(daemons), routes: daemons.requests, registry: totalRequests(registry) };
  }

  /** Moves all hosts of one shard to another by their label, and returns how many they are. */
  async move(shards: number, from: number, to: number): Promise<number> {
    let moved = 0;
    await this.#forEach(async (index) => {
      if (index % shards !== from) return;
      moved++;
      await this.#api.patch(`${this.#hosts}/host-${index}`, { metadata: { labels: { shard: String(to) } } });
    });
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#namespace.delete();
    this.#api[Symbol.dispose]();
    this.#fleet[Symbol.dispose]();
  }

  get #hosts(): string {
    return `/apis/dockerhost.dev/v1alpha1/namespaces/${this.namespace}/dockerhosts`;
  }

  async #list(): Promise<readonly DockerHostObject[]> {
    // From the API server's cache, so that looking costs the database nothing.
    const { body } = await this.#api.get(`${this.#hosts}?resourceVersion=0`);
    return (body as { readonly items: readonly DockerHostObject[] }).items;
  }

  #fails({ metadata }: DockerHostObject): boolean {
    return Number(metadata.name.replace("host-", "")) < this.#failing;
  }

  /** Each host has a Secret of its own. */
  async #createHost(index: number, shard: string): Promise<void> {
    const { ca, clientCert, clientKey, ports, registry } = this.#fleet.facts;
    const name = `host-${index}`;
    await this.#createSecret(name, { "ca.pem": ca, "cert.pem": clientCert, "key.pem": clientKey });
    const manifest = hostManifest(name, {
      host: `tcp://127.0.0.1:${ports[index]}`,
      tls: { verify: true, certSecretRef: { name } },
      interval: "1m",
      updateCheck: { registries: [{ host: registry, certSecretRef: { name: "registry-ca" } }] },
    });
    await this.#api.create(this.#hosts, { ...manifest, metadata: { name, labels: { shard } } });
  }

  async #createSecret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    await this.#api.create(`/api/v1/namespaces/${this.namespace}/secrets`, { metadata: { name }, stringData });
  }

  async #forEach(work: (index: number) => Promise<void>): Promise<void> {
    let next = 0;
    const worker = async () => {
      while (next < this.size) await work(next++);
    };
    await Promise.all(Array.from({ length: WRITES_AT_ONCE }, worker));
  }
}

function isSettled({ status }: DockerHostObject, fails: boolean): boolean {
  const is = (type: "Ready" | "UpdateCheckSucceeded", value: string) =>
    findCondition(status?.conditions, type)?.status === value;
  return fails ? is("Ready", "False") : is("Ready", "True") && is("UpdateCheckSucceeded", "True");
}
