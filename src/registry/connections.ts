import type { X509Certificate } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import { LRUCache } from "lru-cache";
import { type Clock, systemClock } from "../common/clock.ts";
import { type DialGuard, guardAgent, type Reach } from "../common/dial-guard.ts";
import { shieldAgent } from "../common/peer-certificates.ts";
import { SentCertificates } from "../common/sent-certificates.ts";
import { checkChains } from "./chain-check.ts";
import type { RegistryProxy } from "./proxy.ts";
import { type ProxyMode, proxyAgent } from "./proxy-agent.ts";
import { type RegistryTrust, trustFingerprint } from "./trust.ts";

/**
 * How many sets of trust keep their connections. A fleet uses only a few, and each takes 1.4 MiB for the system's
 * roots.
 */
const MAX_AGENTS = 32;
/** A context contains a client's private key, so it is dropped after an hour without use. */
const UNUSED_MS = 3_600_000;
/** The number of remembered registries for which OpenSSL does not find the path to a CA. */
const MAX_PROVEN = 256;
const MAX_IDLE_CONNECTIONS = 4;
const IDLE_MS = 10_000;
const HTTPS_PORT = 443;

export interface ConnectionsOptions {
  /** PEM certificates that verify registries in addition to everything else that is trusted. */
  readonly systemRoots: readonly string[];
  /**
   * Checks every connection before it is made: to registries, to their token services and to the targets of redirects.
   */
  readonly guard: DialGuard;
  /** The time at which certificates must be valid. */
  readonly clock?: Clock;
  readonly proxy?: RegistryProxy | undefined;
}

type Way = "direct" | "proxied";

/** What a connection trusts, and which client certificate it may show. */
interface Terms {
  readonly trust: RegistryTrust;
  readonly fingerprint: string;
  /** The registry's own certificate, set if its chain was verified although OpenSSL does not find the path to a CA. */
  readonly proven: X509Certificate | undefined;
}

/**
 * Keeps connections open, with one agent for each combination of trust and reach. The TLS context is created once and
 * shared: if an agent got the certificates instead, it would create a context for every connection, and all
 * certificates would be part of the key of every request.
 */
export class RegistryConnections {
  readonly #options: ConnectionsOptions;
  readonly #common: http.AgentOptions;
  /** An open connection was checked when it was made, so users with a smaller reach need connections of their own. */
  readonly #plain: Readonly<Record<Way, Readonly<Record<Reach, http.Agent>>>>;
  readonly #sent: SentCertificates;
  #proxyContext: SecureContext | undefined;
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
  /** The keys consist of trust, host and port. */
  readonly #proven = new LRUCache<string, X509Certificate>({
    max: MAX_PROVEN,
    ttl: UNUSED_MS,
    ttlAutopurge: true,
    updateAgeOnGet: true,
  });

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#sent = new SentCertificates(options.clock ?? systemClock);
    this.#common = {
      keepAlive: true,
      maxFreeSockets: MAX_IDLE_CONNECTIONS,
      timeout: IDLE_MS,
    };
    const plain = (proxy?: RegistryProxy) => {
      const agent = (reach: Reach) => this.#guarded(new http.Agent(this.#common), reach, proxy, "forward");
      return { anywhere: agent("anywhere"), public: agent("public"), named: agent("named") };
    };
    this.#plain = { direct: plain(), proxied: plain(options.proxy) };
  }

  /** Returns the proxy for a URL, if it needs one. */
  proxyFor(url: URL): RegistryProxy | undefined {
    const { proxy } = this.#options;
    return proxy?.serves(url) ? proxy : undefined;
  }

  /**
   * If there are several client pairs, the first is shown, because OpenSSL has room for only one. Call this again for
   * each try: after ChainOverlooked, there is another agent.
   */
  agentFor(url: URL, trust: RegistryTrust, reach: Reach): http.Agent {
    const proxy = this.proxyFor(url);
    const way = proxy === undefined ? "direct" : "proxied";
    if (url.protocol !== "https:") return this.#plain[way][reach];
    const fingerprint = trustFingerprint(trust);
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const proven = this.#proven.get(`${fingerprint} ${host} ${url.port || HTTPS_PORT}`);
    const terms = { trust, fingerprint, proven };
    const key = `${way} ${reach} ${keyOf(terms)}`;
    const known = this.#secure.get(key);
    if (known !== undefined) return known;
    const agent = this.#secureAgent(terms, reach, proxy);
    // An agent that falls out of the cache ends with its last idle connection.
    this.#secure.set(key, agent);
    return agent;
  }

  close(): void {
    for (const agents of Object.values(this.#plain)) for (const agent of Object.values(agents)) agent.destroy();
    for (const agent of this.#secure.values()) agent.destroy();
    this.#secure.clear();
  }

  #secureAgent(terms: Terms, reach: Reach, proxy: RegistryProxy | undefined): https.Agent {
    const { systemRoots, clock = systemClock } = this.#options;
    const trusted = [...systemRoots, ...terms.trust.roots];
    const secureContext = this.#contexts.get(keyOf(terms)) ?? contextFor(terms, trusted);
    this.#contexts.set(keyOf(terms), secureContext);
    // If no session can be resumed, every connection shows its certificate and is verified.
    const agent = shieldAgent(new https.Agent({ ...this.#common, secureContext, maxCachedSessions: 0 }));
    const overlooked = (leaf: X509Certificate, host: string, port: number) => {
      if (leaf.fingerprint256 === terms.proven?.fingerprint256) return false;
      this.#proven.set(`${terms.fingerprint} ${host} ${port}`, leaf);
      return true;
    };
    return this.#guarded(checkChains(agent, { trusted, clock, sent: this.#sent, overlooked }), reach, proxy, "tunnel");
  }

  /**
   * Only the proxy knows which addresses it connects to. So the check covers the proxy's own address and addresses that
   * URLs contain.
   */
  #guarded<A extends http.Agent>(agent: A, reach: Reach, proxy: RegistryProxy | undefined, mode: ProxyMode): A {
    const { guard } = this.#options;
    if (proxy === undefined) return guardAgent(agent, guard.narrowed(reach));
    const secureContext = () => {
      this.#proxyContext ??= createSecureContext({ ca: [...this.#options.systemRoots], minVersion: "TLSv1.2" });
      return this.#proxyContext;
    };
    return proxyAgent(agent, { proxy, guard, targets: guard.narrowed(reach), secureContext }, mode);
  }
}

function keyOf({ fingerprint, proven }: Terms): string {
  return proven === undefined ? fingerprint : `${fingerprint} ${proven.fingerprint256}`;
}

function contextFor({ trust, proven }: Terms, trusted: readonly string[]): SecureContext {
  const [pair] = trust.clientPairs ?? [];
  return createSecureContext({
    ca: proven === undefined ? [...trusted] : [proven.toString()],
    ...(pair !== undefined && { cert: pair.cert, key: pair.key }),
    minVersion: "TLSv1.2",
    // As in Docker, an intermediate certificate may be the root.
    allowPartialTrustChain: true,
  });
}
