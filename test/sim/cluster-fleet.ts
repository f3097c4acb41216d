import { onTestFinished } from "vitest";
import { findCondition } from "../../src/api/conditions.ts";
import { DOCKER_HOST, type DockerHostObject } from "../../src/api/docker-host.ts";
import type { DockerHostStatus } from "../../src/api/status.ts";
import { fieldManagerOf, mergeStatus } from "../../src/api/status-owners.ts";
import { FakeApiServer } from "../support/fake-api-server.ts";
import { type FleetHost, type SimFleet, startSimFleet } from "./fleet.ts";

const NAMESPACE = "fleet";
const REGISTRY_SECRET = "registry-ca";

/** Simulated hosts, whose DockerHosts and Secrets are in a simulated API server. It ends with the test. */
export class ClusterFleet {
  readonly server = new FakeApiServer();
  readonly sim: SimFleet;

  private constructor(sim: SimFleet) {
    this.sim = sim;
  }

  static async start(hosts: number): Promise<ClusterFleet> {
    const fleet = new ClusterFleet(await startSimFleet({ hosts, containersPerHost: 3, images: 3 }));
    await fleet.server.start();
    onTestFinished(async () => {
      await fleet.server.stop();
      await fleet.sim.close();
    });
    fleet.server.mergeStatus = (current, applied, manager) => {
      const owner = manager.replace(fieldManagerOf(""), "");
      return mergeStatus(DOCKER_HOST.owners, (current ?? {}) as DockerHostStatus, owner, applied as DockerHostStatus);
    };
    fleet.#putSecret(REGISTRY_SECRET, { "ca.crt": fleet.sim.authority.certPem });
    return fleet;
  }

  create(): void {
    const { authority, client } = this.sim;
    for (const host of this.sim.hosts) {
      const entries = { "ca.pem": authority.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem };
      this.#putSecret(secretOf(host), entries);
      this.server.put(hostPath(host), {
        metadata: { name: host.name, namespace: NAMESPACE, generation: 1 },
        spec: {
          host: host.endpoint,
          tls: { verify: true, certSecretRef: { name: secretOf(host) } },
          updateCheck: { registries: [{ host: this.sim.registry.host, certSecretRef: { name: REGISTRY_SECRET } }] },
        },
      });
    }
  }

  delete(): void {
    for (const host of this.sim.hosts) {
      this.server.delete(hostPath(host));
      this.server.delete(secretPath(secretOf(host)));
    }
  }

  /** The hosts that are not Ready or not checked. */
  unsettled(): readonly string[] {
    const isTrue = (host: FleetHost, type: "Ready" | "UpdateCheckSucceeded") => {
      const { status } = this.server.get(hostPath(host)) as Pick<DockerHostObject, "status">;
      return findCondition(status?.conditions, type)?.status === "True";
    };
    const { hosts } = this.sim;
    return hosts.filter((host) => !isTrue(host, "Ready") || !isTrue(host, "UpdateCheckSucceeded")).map((h) => h.name);
  }

  /** The number of writes to the API server so far. */
  get writes(): number {
    return this.server.requests.filter(({ method }) => method !== "GET").length;
  }

  /** The requests of each daemon since the last call. */
  takeRequests(): readonly number[] {
    return this.sim.hosts.map(({ daemon: { counters } }) => {
      const count = counters.requests();
      counters.reset();
      return count;
    });
  }

  #putSecret(name: string, entries: Readonly<Record<string, string>>): void {
    const data = Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, base64(text)]));
    const secret = { metadata: { name, namespace: NAMESPACE }, data };
    this.server.put(secretPath(name), secret);
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function secretOf({ name }: FleetHost): string {
  return `${name}-tls`;
}

function secretPath(name: string): string {
  return `/api/v1/namespaces/${NAMESPACE}/secrets/${name}`;
}

function hostPath({ name }: FleetHost): string {
  return `/apis/dockerhost.dev/v1alpha1/namespaces/${NAMESPACE}/dockerhosts/${name}`;
}
