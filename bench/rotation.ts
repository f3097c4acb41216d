import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { startEnvironment } from "../test/env/environment.ts";
import type { Kube, KubeFacts } from "../test/env/kube.ts";
import { hostManifest, TestNamespace } from "../test/integration/cluster.ts";
import { Program } from "../test/integration/program.ts";
import { type FleetHost, startSimFleet } from "../test/sim/fleet.ts";
import type { KeyPair } from "../test/support/pki.ts";
import { formatVerdicts } from "./report.ts";
import type { Verdict } from "./verdicts.ts";

export interface RotationShape {
  readonly hosts: number;
  readonly rounds: number;
  /** So many Secrets are written at the same time in the first part. */
  readonly concurrency: number;
}

const TARGET_MS = 2_000;
/** What has not come by then is missing. */
const GIVE_UP_MS = 30_000;

/**
 * How long a rotated Secret takes until it is used: from the write to a real API server, which a real controller
 * watches, to the end of the handshake that the daemon sees. First a few at a time, then all at once.
 */
export async function benchRotation({ hosts, rounds, concurrency }: RotationShape): Promise<boolean> {
  const fleet = await startSimFleet({ hosts, containersPerHost: 0, images: 0 });
  const environment = await startEnvironment({ log: console.error });
  const agent = new Agent({ keepAlive: true, ca: environment.kube.facts.ca });
  let controller: Program | undefined;
  try {
    const { kube } = environment;
    await kube.kubectl(["apply", "--server-side", "-f", "crds/"]);
    await kube.kubectl(["wait", "--for=condition=Established", "crd/dockerhosts.dockerhost.dev", "--timeout=30s"]);
    const namespace = await TestNamespace.create(kube);
    const entries = (client: KeyPair) => ({
      "ca.pem": fleet.authority.certPem,
      "cert.pem": client.certPem,
      "key.pem": client.keyPem,
    });
    await createHosts(namespace, fleet.hosts, entries(fleet.client));
    controller = await Program.controller(kube, namespace.name);
    await ready(kube, namespace, hosts);
    console.log(`${hosts} hosts are Ready; each Secret is replaced ${2 * rounds} times`);

    const rotate = async (host: FleetHost, client: KeyPair) => {
      const { counters } = host.daemon;
      const before = counters.handshakes;
      const begin = performance.now();
      await writeSecret(
        kube.facts,
        agent,
        `/api/v1/namespaces/${namespace.name}/secrets/${host.name}`,
        entries(client),
      );
      while (counters.handshakes === before && performance.now() - begin < GIVE_UP_MS) await sleep(5);
      return performance.now() - begin;
    };
    const few: number[] = [];
    const all: number[] = [];
    for (let round = 0; round < rounds; round++) {
      few.push(...(await rotateAll(fleet.hosts, concurrency, await renewed(fleet), rotate)));
      await sleep(500);
      all.push(...(await rotateAll(fleet.hosts, hosts, await renewed(fleet), rotate)));
      await sleep(500);
    }
    // How long the last of a whole fleet waits is a matter of the fleet's size: it is told, and has no target.
    const verdicts = [verdict(`${concurrency} at a time`, few)];
    console.log(
      `\n${formatTable({ [`${concurrency} at a time`]: few, "all at once": all })}\n\n${formatVerdicts(verdicts)}`,
    );
    return verdicts.every(({ met }) => met);
  } finally {
    agent.destroy();
    await controller?.stop();
    await environment.stop();
    await fleet.close();
  }
}

function renewed({ authority }: Awaited<ReturnType<typeof startSimFleet>>): Promise<KeyPair> {
  return authority.issue({ commonName: "operator", usages: ["clientAuth"] });
}

async function createHosts(
  namespace: TestNamespace,
  hosts: readonly FleetHost[],
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  await namespace.apply(
    ...hosts.flatMap(({ name, endpoint }) => [
      { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData },
      // Nothing but a rotation makes a handshake.
      hostManifest(name, {
        host: endpoint,
        tls: { verify: true, certSecretRef: { name } },
        interval: "1h",
        updateCheck: { suspend: true },
      }),
    ]),
  );
}

async function ready(kube: Kube, namespace: TestNamespace, hosts: number): Promise<void> {
  const timeout = `--timeout=${30 + hosts}s`;
  await kube.kubectl(["-n", namespace.name, "wait", "--for=condition=Ready", "dockerhosts", "--all", timeout]);
}

/** As cert-manager writes it: the data, and nothing of the controller's. */
function writeSecret(
  { url, token }: KubeFacts,
  agent: Agent,
  path: string,
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/merge-patch+json" };
  return new Promise((resolve, reject) => {
    const patch = request(`${url}${path}`, { method: "PATCH", agent, headers }, (response) => {
      response.resume();
      if (response.statusCode !== 200) reject(new Error(`the API server answered ${response.statusCode}`));
      else response.on("end", resolve).on("error", reject);
    });
    patch.on("error", reject);
    patch.end(JSON.stringify({ stringData }));
  });
}

async function rotateAll(
  hosts: readonly FleetHost[],
  concurrency: number,
  client: KeyPair,
  rotate: (host: FleetHost, client: KeyPair) => Promise<number>,
): Promise<readonly number[]> {
  const pending = [...hosts];
  const times: number[] = [];
  const work = async () => {
    for (let host = pending.shift(); host !== undefined; host = pending.shift()) times.push(await rotate(host, client));
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return times;
}

/** The least time that so many per cent do not exceed. */
function percentile(times: readonly number[], percent: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

function formatTable(parts: Readonly<Record<string, readonly number[]>>): string {
  const row = (name: string, cells: readonly string[]) =>
    name.padEnd(36) + cells.map((cell) => cell.padStart(10)).join("");
  const ms = (value: number) => value.toFixed(0);
  return [
    row("Secret written to handshake, ms", ["p50", "p99", "longest"]),
    ...Object.entries(parts).map(([name, times]) =>
      row(name, [percentile(times, 50), percentile(times, 99), Math.max(...times)].map(ms)),
    ),
  ].join("\n");
}

function verdict(name: string, times: readonly number[]): Verdict {
  const p99 = percentile(times, 99);
  return { target: `p99 under 2 s, ${name}`, measured: `${p99.toFixed(0)} ms`, met: p99 < TARGET_MS };
}
