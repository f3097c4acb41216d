import { onTestFinished } from "vitest";
import { systemClock } from "../../src/common/clock.ts";
import { openGuard } from "../../src/common/dial-guard.ts";
import type { Endpoint } from "../../src/docker/endpoint.ts";
import { listedContainerReply } from "../../src/docker/engine-facts.ts";
import { type ContainerQuery, EngineSession } from "../../src/docker/engine-session.ts";
import type { EngineTarget } from "../../src/docker/engine-target.ts";
import { replyBudget } from "../../src/docker/exchange.ts";
import { preflight } from "../../src/docker/preflight.ts";
import { type SimDaemon, type SimDaemonOptions, startSimDaemon } from "../sim/daemon.ts";
import { createAuthority } from "./pki.ts";

const authority = await createAuthority({ commonName: "fleet CA" });
const server = await authority.issue({ commonName: "edge-7", ipAddresses: ["127.0.0.1"], usages: ["serverAuth"] });
const client = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });

interface Listening {
  readonly port: number;
}

/** A daemon in plaintext; ends with the test. */
export async function startDaemon(options: SimDaemonOptions = {}): Promise<SimDaemon> {
  const daemon = await startSimDaemon(options);
  onTestFinished(() => daemon.close());
  return daemon;
}

/** A daemon over mutual TLS; ends with the test. */
export function startTlsDaemon(options: SimDaemonOptions = {}): Promise<SimDaemon> {
  const tls = { cert: server.certPem, key: server.keyPem, clientCa: authority.certPem };
  return startDaemon({ tls, ...options });
}

/** The running containers, with the labels under our prefix. */
export const RUNNING: ContainerQuery = {
  states: ["running"],
  reply: listedContainerReply((label) => label.startsWith("dockerhost.dev/")),
};

export function plainTarget({ port }: Listening): EngineTarget {
  const endpoint: Endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port, pathPrefix: "" };
  return { endpoint, guard: openGuard(), replies: replyBudget(systemClock) };
}

/** Over mutual TLS, with what the daemon over mutual TLS takes. */
export function tlsTarget({ port }: Listening): EngineTarget {
  const credentials = preflight(
    {
      ca: { label: "ca", pem: authority.certPem },
      cert: { label: "cert", pem: client.certPem },
      key: { label: "key", pem: client.keyPem },
    },
    Date.now(),
  );
  if (!credentials.ok) throw new Error(credentials.failure.message);
  return {
    endpoint: { kind: "tcp", scheme: "https", host: "127.0.0.1", port, pathPrefix: "" },
    tls: { verify: true, credentials: credentials.value, roots: () => [], now: Date.now() },
    guard: openGuard(),
    replies: replyBudget(systemClock),
  };
}

/** Ends with the test. */
export function openSession(to: EngineTarget, signal = new AbortController().signal): EngineSession {
  const session = new EngineSession(to, signal);
  onTestFinished(() => session[Symbol.dispose]());
  return session;
}
