import { startSimDaemon } from "../sim/daemon.ts";
import { startSimFleet } from "../sim/fleet.ts";
import { startRawServer } from "./raw-server.ts";

export interface FleetOfStates {
  /** The manifests of the hosts and their Secrets, as one document. */
  readonly manifests: string;
  close(): Promise<void>;
}

const NAMESPACE = "fleet";
const DAY_MS = 24 * 3_600_000;

/** A fleet with a host in each state that a table shows. Each host is named after its state. */
export async function startFleetOfStates(now: number): Promise<FleetOfStates> {
  const fleet = await startSimFleet({ hosts: 7, containersPerHost: 2, images: 2, outdatedImages: 1 });
  const { authority, client } = fleet;
  fleet.hosts[1]?.daemon.setContents({ containers: [] });
  const expiring = await authority.issue({
    commonName: "expiring",
    ipAddresses: ["127.0.0.1"],
    usages: ["serverAuth"],
    notBefore: new Date(now - 87 * DAY_MS),
    notAfter: new Date(now + 3 * DAY_MS),
  });
  const expiringDaemon = await startSimDaemon({
    tls: { cert: expiring.certPem, key: expiring.keyPem, clientCa: authority.certPem },
    engine: { id: "engine-of-expiring", name: "expiring" },
  });
  // Accepts connections, and says nothing.
  const silent = await startRawServer(() => undefined);
  const updateCheck = { registries: [{ host: fleet.registry.host, certSecretRef: { name: "registry-ca" } }] };
  const tls = { verify: true, certSecretRef: { name: "tls" } };
  const local = (port: number) => `tcp://127.0.0.1:${port}`;
  const at = (index: number) => fleet.hosts[index]?.endpoint ?? "";
  const items = [
    hostManifest("outdated", { host: at(0), tls, updateCheck }),
    hostManifest("current", { host: at(1), tls, updateCheck }),
    hostManifest("suspended", { host: at(2), tls, updateCheck, suspend: true }),
    hostManifest("bad-pattern", { host: at(3), tls, updateCheck: { containers: { includeNames: ["*"] } } }),
    hostManifest("private-ca", { host: at(4), tls }),
    hostManifest("no-secret", { host: at(5), tls: { verify: true, certSecretRef: { name: "missing" } } }),
    hostManifest("untrusted", { host: at(6), tls: { verify: true } }),
    hostManifest("expiring", { host: local(expiringDaemon.port), tls, updateCheck }),
    hostManifest("silent", { host: local(silent.port), tls, timeout: "9s" }),
    hostManifest("down", { host: local(1), tls }),
    secretManifest("tls", { "ca.pem": authority.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem }),
    secretManifest("registry-ca", { "ca.crt": authority.certPem }),
  ];
  return {
    manifests: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    async close() {
      await Promise.all([fleet.close(), expiringDaemon.close(), silent.close()]);
    },
  };
}

function hostManifest(name: string, spec: object) {
  return { apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", metadata: { name, namespace: NAMESPACE }, spec };
}

function secretManifest(name: string, stringData: object) {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: NAMESPACE }, stringData };
}
