import { createServer } from "node:net";
import { stringify } from "yaml";
import type { SimContainer, SimImage } from "../test/sim/contents.ts";
import { type SimDaemon, startSimDaemon } from "../test/sim/daemon.ts";
import { pullImage } from "../test/sim/pull.ts";
import { startSimRegistry } from "../test/sim/registry.ts";
import { type Authority, createAuthority, type IssueOptions } from "../test/support/pki.ts";

export interface DemoFleet {
  /** The manifests that describe the fleet, by file name. */
  readonly manifests: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;
const NAMESPACE = "demo";

/**
 * Starts three simulated machines, each with a real listener with mutual TLS on loopback, and their registry. A fourth
 * host in the manifests is down.
 */
export async function startDemoFleet(now: number): Promise<DemoFleet> {
  const authority = await createAuthority({ commonName: "Simulated CA", days: 3650 });
  const registry = await startSimRegistry({ tls: await serverTls(authority, {}) });
  const images = ["shop/web", "shop/api", "shop/worker"].map((repository) => {
    registry.push(repository, "1");
    return pullImage(registry, repository, "1");
  });
  // Push a newer image under the same tag, after the hosts have pulled the old one.
  registry.push("shop/web", "1");
  const current = images.slice(1);

  const daemons = {
    "sim-healthy": await startMachine("sim-healthy", images, await serverTls(authority, {}, authority)),
    "sim-expiring": await startMachine(
      "sim-expiring",
      current,
      await serverTls(
        authority,
        { notBefore: new Date(now - 87 * DAY_MS), notAfter: new Date(now + 3 * DAY_MS) },
        authority,
      ),
    ),
    "sim-other-name": await startMachine(
      "sim-other-name",
      current,
      await serverTls(authority, { dnsNames: ["edge-9.example.com"], ipAddresses: [] }, authority),
    ),
  };
  const hosts = Object.entries(daemons).map(([name, daemon]) => hostManifest(name, daemon.port, registry.host));
  const down = hostManifest("sim-down", await closedPort(), registry.host);
  const client = await authority.issue({ commonName: "dockerhost-operator", usages: ["clientAuth"] });
  return {
    manifests: {
      "hosts.yaml": [...hosts, down].map((host) => stringify(host)).join("---\n"),
      "secrets.yaml": [
        secretManifest("fleet-tls", {
          "ca.pem": authority.certPem,
          "cert.pem": client.certPem,
          "key.pem": client.keyPem,
        }),
        secretManifest("registry-ca", { "ca.crt": authority.certPem }),
      ]
        .map((secret) => stringify(secret))
        .join("---\n"),
    },
    async close() {
      await Promise.all([registry.close(), ...Object.values(daemons).map((daemon) => daemon.close())]);
    },
  };
}

async function serverTls(authority: Authority, options: Partial<IssueOptions>, clientAuthority?: Authority) {
  const { certPem, keyPem } = await authority.issue({
    commonName: "simulated",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    usages: ["serverAuth"],
    ...options,
  });
  return {
    cert: certPem,
    key: keyPem,
    ...(clientAuthority === undefined ? {} : { clientCa: clientAuthority.certPem }),
  };
}

async function startMachine(
  name: string,
  images: readonly SimImage[],
  tls: Awaited<ReturnType<typeof serverTls>>,
): Promise<SimDaemon> {
  const containers = images.map((image, index): SimContainer => {
    const reference = image.tags[0] ?? "";
    return {
      id: index.toString(16).padStart(64, "0"),
      name: reference.replace(/^.*\/(.*):.*$/, "$1"),
      image: reference,
      runs: image,
    };
  });
  return await startSimDaemon({ tls, images, containers, engine: { id: `simulated-${name}`, name } });
}

function hostManifest(name: string, port: number, registry: string) {
  return {
    apiVersion: "dockerhost.dev/v1alpha1",
    kind: "DockerHost",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      host: `tcp://127.0.0.1:${port}`,
      tls: { verify: true, certSecretRef: { name: "fleet-tls" } },
      interval: "30s",
      updateCheck: {
        interval: "1m",
        timeout: "30s",
        registries: [{ host: registry, certSecretRef: { name: "registry-ca" } }],
      },
    },
  };
}

function secretManifest(name: string, stringData: Readonly<Record<string, string>>) {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: NAMESPACE }, stringData };
}

/** Returns a port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 1;
}
