import * as http from "node:http";
import * as https from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import { LRUCache } from "lru-cache";
import { type DialGuard, guardAgent, type Reach } from "../common/dial-guard.ts";
import { shieldAgent } from "../common/peer-certificates.ts";
import { type RegistryTrust, trustFingerprint } from "./trust.ts";

/** How many sets of trust keep their connections; a fleet has a handful, and each takes 1.2 MiB for the system's roots. */
const MAX_AGENTS = 32;
/** A context holds a client's private key: what nobody has used for an hour is dropped. */
const UNUSED_MS = 3_600_000;
const MAX_IDLE_CONNECTIONS = 4;
const IDLE_MS = 10_000;

export interface ConnectionsOptions {
  /** PEM certificates that verify registries, whatever else is trusted. */
  readonly systemRoots: readonly string[];
  /** Stands before every connection: to registries, to their token services and to where they redirect. */
  readonly guard: DialGuard;
}

/**
 * Kept connections, one agent for each trust and reach. The TLS context is made once and shared: given to an agent as single
 * certificates, it would be made for every connection, and all of them would be part of the key of every request.
 */
export class RegistryConnections {
  readonly #options: ConnectionsOptions;
  readonly #common: http.AgentOptions;
  /** A kept connection was judged when it was made: what may reach less has connections of its own. */
  readonly #plain: Readonly<Record<Reach, http.Agent>>;
  readonly #contexts = new LRUCache<string, SecureContext>({
    max: MAX_AGENTS,
    ttl: UNUSED_MS,
    ttlAutopurge: true,
    updateAgeOnGet: true,
  });
  readonly #secure = new LRUCache<string, https.Agent>({
    max: 3 * MAX_AGENTS,
    ttl: UNUSED_MS,
    ttlAutopurge: true,
    updateAgeOnGet: true,
  });

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#common = {
      keepAlive: true,
      maxFreeSockets: MAX_IDLE_CONNECTIONS,
      timeout: IDLE_MS,
    };
    const plain = (reach: Reach) => guardAgent(new http.Agent(this.#common), options.guard.narrowed(reach));
    this.#plain = { anywhere: plain("anywhere"), public: plain("public"), named: plain("named") };
  }

  /** Of several client pairs the first is shown: OpenSSL has room for one. */
  agentFor(url: URL, trust: RegistryTrust, reach: Reach): http.Agent {
    if (url.protocol !== "https:") return this.#plain[reach];
    const fingerprint = trustFingerprint(trust);
    const key = `${reach} ${fingerprint}`;
    const known = this.#secure.get(key);
    if (known !== undefined) return known;
    const secureContext = this.#contexts.get(fingerprint) ?? this.#contextFor(trust);
    this.#contexts.set(fingerprint, secureContext);
    const agent = guardAgent(
      shieldAgent(new https.Agent({ ...this.#common, secureContext })),
      this.#options.guard.narrowed(reach),
    );
    // One that falls out of the cache ends with its last idle connection.
    this.#secure.set(key, agent);
    return agent;
  }

  close(): void {
    for (const agent of Object.values(this.#plain)) agent.destroy();
    for (const agent of this.#secure.values()) agent.destroy();
    this.#secure.clear();
  }

  #contextFor(trust: RegistryTrust) {
    const [pair] = trust.clientPairs ?? [];
    return createSecureContext({
      ca: [...this.#options.systemRoots, ...trust.roots],
      ...(pair !== undefined && { cert: pair.cert, key: pair.key }),
      minVersion: "TLSv1.2",
      // An intermediate certificate may be the root, as for Docker.
      allowPartialTrustChain: true,
    });
  }
}
