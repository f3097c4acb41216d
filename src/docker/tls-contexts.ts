import { hash } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { Clock } from "../common/clock.ts";
import { ExpiringCache } from "../common/expiring-cache.ts";

/** PEM texts and what is negotiated: everything that makes one context differ from another. */
export type ContextOptions = Pick<SecureContextOptions, "minVersion" | "ciphers" | "allowPartialTrustChain"> & {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: readonly string[];
};

/** The limit for all contexts together. */
const MAX_BYTES = 16 * 1024 * 1024;
/** A context holds a private key. It outlives the Secret that the key came from by this at most. */
const LIFETIME_MS = 10 * 60_000;
/** Measured: the resident memory of a context without certificates, and of a certificate for each byte of its PEM text. */
const EMPTY_BYTES = 24 * 1024;
const BYTES_PER_PEM_BYTE = 5;

/**
 * Shares TLS contexts between connections with the same certificates. To make one takes a millisecond, and twenty with
 * the system's roots.
 */
export class TlsContexts {
  readonly #contexts: ExpiringCache<{ readonly context: SecureContext; readonly bytes: number }>;

  constructor(clock: Clock) {
    this.#contexts = new ExpiringCache(clock, MAX_BYTES, ({ bytes }) => bytes);
  }

  /** Throws if OpenSSL cannot read a certificate or the key. */
  get(options: ContextOptions): SecureContext {
    const { cert = "", key = "", ca = [] } = options;
    const id = hash("sha256", JSON.stringify(options), "base64");
    const known = this.#contexts.get(id);
    if (known !== undefined) return known.context;
    const context = createContext(options);
    const pemBytes = ca.reduce((sum, pem) => sum + pem.length, cert.length + key.length);
    this.#contexts.set(id, { context, bytes: EMPTY_BYTES + BYTES_PER_PEM_BYTE * pemBytes }, LIFETIME_MS);
    return context;
  }
}

/** Throws if OpenSSL cannot read a certificate or the key. */
export function createContext({ ca, ...options }: ContextOptions): SecureContext {
  return createSecureContext({ ...options, ...(ca === undefined ? {} : { ca: [...ca] }) });
}
