import type { Agent } from "node:http";
import { createSecureContext, type TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";
import { systemClock } from "../../src/common/clock.ts";
import { openGuard } from "../../src/common/dial-guard.ts";
import type { Endpoint } from "../../src/docker/endpoint.ts";
import { createEngineAgent, type EngineAgent } from "../../src/docker/engine-agent.ts";
import { type EngineReply, exchange, replyBudget } from "../../src/docker/exchange.ts";
import type { TlsCredentials } from "../../src/docker/preflight.ts";
import type { TlsSettings } from "../../src/docker/tls-options.ts";
import { loopbackLookup } from "./connection-failure.ts";
import { createAuthority, type IssueOptions, type KeyPair } from "./pki.ts";
import { type RawServer, startRawTlsServer } from "./raw-server.ts";

/** The authority of the servers here, and a client of it. */
export const authority = await createAuthority({ commonName: "fleet CA" });
export const client = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });

/** What the server saw of a connection: the name that was asked for and the client's common name. */
interface Seen {
  servername?: unknown;
  client?: unknown;
}

/** A server over TLS that answers every request with 200, and ends with the test. */
export async function startTlsServer(
  identity: KeyPair,
  options: TlsOptions = {},
): Promise<RawServer & { readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await startRawTlsServer({ cert: identity.certPem, key: identity.keyPem, ...options }, (socket) => {
    const { servername } = socket as { servername?: unknown };
    seen.push({ servername, client: socket.getPeerCertificate().subject?.CN });
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"));
  });
  onTestFinished(() => server.close());
  return Object.assign(server, { seen });
}

/** A server that can change what it shows to clients that ask for a name. */
export async function startChangingServer(
  identity: KeyPair,
  options: Pick<TlsOptions, "maxVersion"> = {},
): Promise<RawServer & { show(identity: KeyPair): void }> {
  const contextOf = ({ certPem, keyPem }: KeyPair) => createSecureContext({ cert: certPem, key: keyPem, ...options });
  let context = contextOf(identity);
  const server = await startTlsServer(identity, {
    ...options,
    SNICallback: (_name, done) => done(null, context),
  });
  return Object.assign(server, {
    show: (next: KeyPair) => {
      context = contextOf(next);
    },
  });
}

export function serverIdentity(options: Partial<IssueOptions>): Promise<KeyPair> {
  return authority.issue({ commonName: "edge-7", usages: ["serverAuth"], ...options });
}

/** Of a client that verifies by the authority. */
export function settings(changes: Partial<TlsSettings> = {}): TlsSettings {
  return { verify: true, credentials: { ca: [authority.certPem] }, roots: () => [], now: Date.now(), ...changes };
}

export function clientCredentials({ certPem, keyPem }: KeyPair): NonNullable<TlsCredentials["client"]> {
  const facts = { subject: "", issuer: "", notBefore: "", notAfter: "", fingerprint: "" };
  return { cert: certPem, key: keyPem, facts };
}

export function endpointAt(server: RawServer, host = "127.0.0.1"): Endpoint {
  return { kind: "tcp", scheme: "https", host, port: server.port, pathPrefix: "" };
}

/** Ends with the test; every name is this machine. */
export function agentFor(endpoint: Endpoint, tls: TlsSettings | undefined): EngineAgent {
  const agent = createEngineAgent(endpoint, tls, openGuard(loopbackLookup));
  onTestFinished(() => agent.agent.destroy());
  return agent;
}

export function ask(endpoint: Endpoint, agent: Agent): Promise<EngineReply> {
  return exchange({
    endpoint,
    agent,
    path: "/_ping",
    budget: replyBudget(systemClock),
    signal: new AbortController().signal,
  });
}

/** The same, once more where a session would try again. */
export async function reach(endpoint: Endpoint, agent: EngineAgent): Promise<EngineReply> {
  return await ask(endpoint, agent.agent).catch((error) => {
    if (!agent.mayRetry(error)) throw error;
    return ask(endpoint, agent.agent);
  });
}

/** The code with which a connection to this endpoint is refused, or `connected`. */
export async function connect(endpoint: Endpoint, tls: TlsSettings): Promise<unknown> {
  const agent = agentFor(endpoint, tls);
  return await reach(endpoint, agent).then(
    () => "connected",
    (error: Error & { code?: string }) => error.code,
  );
}
