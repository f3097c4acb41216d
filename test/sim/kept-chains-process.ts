import { systemClock } from "../../src/common/clock.ts";
import { openGuard } from "../../src/common/dial-guard.ts";
import { createEngineAgent } from "../../src/docker/engine-agent.ts";
import { exchange, replyBudget } from "../../src/docker/exchange.ts";
import { createTlsMemory } from "../../src/docker/tls-memory.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { RegistryConnections } from "../../src/registry/connections.ts";
import { createAuthority } from "../support/pki.ts";
import { startRawTlsServer } from "../support/raw-server.ts";

/** What the process keeps after connections to a server that sends many certificates, in bytes by kind of connection. */
export type KeptChains = Readonly<Record<"verified" | "unverified" | "refused" | "registry", number>>;

/** If all are kept, this is 11 MiB. */
const CERTIFICATES = 100;
const CONNECTIONS = 20;

// Forked with --expose-gc.
const [authority, other] = await Promise.all(["CA", "other"].map((commonName) => createAuthority({ commonName })));
if (authority === undefined || other === undefined) throw new Error("there is no CA");
const { certPem, keyPem } = await authority.issue({ commonName: "edge-7", ipAddresses: ["127.0.0.1"] });
const server = await startRawTlsServer(
  { cert: certPem + authority.certPem.repeat(CERTIFICATES), key: keyPem },
  (socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  },
);
const { signal } = new AbortController();
const guard = openGuard();
const clock = systemClock;
const memory = createTlsMemory(clock);
const budget = replyBudget(clock);
const connections = new RegistryConnections({ systemRoots: [authority.certPem], guard });
const client = new RegistryClient({ connections, clock, random: () => 0.5 });

async function ask(verify: boolean, ca: string): Promise<void> {
  const endpoint = { kind: "tcp", scheme: "https", host: "127.0.0.1", port: server.port, pathPrefix: "" } as const;
  const tls = { verify, credentials: { ca: [ca] }, roots: () => [], now: clock.now(), memory };
  const { agent, mayRetry } = createEngineAgent(endpoint, tls, guard, verify ? ca : "");
  const send = () => exchange({ endpoint, agent, path: "/_ping", budget, signal });
  await send().catch((error: unknown) => (mayRetry(error) ? send().catch(() => {}) : undefined));
  agent.destroy();
}

async function askRegistry(): Promise<void> {
  const target = {
    domain: `127.0.0.1:${server.port}`,
    path: "team/app",
    access: { trust: { roots: [] }, insecure: false },
  };
  await client.resolveTag(target, "1", signal);
}

/** The first connections make everything load that is used later, and read the certificates. */
async function keptBy(connect: () => Promise<void>): Promise<number> {
  for (let round = 0; round < 5; round++) await connect();
  const before = await inUse();
  for (let round = 0; round < CONNECTIONS; round++) await connect();
  return (await inUse()) - before;
}

async function inUse(): Promise<number> {
  for (let round = 0; round < 20; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage.rss();
}

const kept: KeptChains = {
  verified: await keptBy(() => ask(true, authority.certPem)),
  unverified: await keptBy(() => ask(false, authority.certPem)),
  refused: await keptBy(() => ask(true, other.certPem)),
  registry: await keptBy(askRegistry),
};
process.send?.(kept, () => process.exit());
