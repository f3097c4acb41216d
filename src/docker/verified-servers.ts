import { createHash, X509Certificate } from "node:crypto";
import type { Clock } from "../common/clock.ts";
import { ExpiringCache } from "../common/expiring-cache.ts";
import { derOf } from "../common/pem.ts";
import { readCertificateParts } from "../common/x509/certificate-parts.ts";

/** Where a certificate of a chain came from: the place in what was presented, or among the trusted certificates. */
type Place = { readonly presented: number } | { readonly trusted: number };

interface Verified {
  readonly chain: readonly Place[];
  /** Wall-clock milliseconds: the chain is valid from the first to the last of them. */
  readonly from: number;
  readonly until: number;
}

/** What a server's identity was checked with. */
export interface CheckedServer {
  readonly name: string;
  readonly presented: readonly X509Certificate[];
  /** PEM, one each. */
  readonly trusted: readonly string[];
}

const MAX_BYTES = 2 * 1024 * 1024;
const BYTES_PER_ENTRY = 500;
const LIFETIME_MS = 24 * 3_600_000;

/**
 * Remembers the servers whose chain and name were verified, by the very bytes that were verified. Whether a chain is
 * valid depends on nothing else but the time, which is compared again. Failures are not remembered.
 */
export class VerifiedServers {
  readonly #servers: ExpiringCache<Verified>;
  readonly #trustIds = new WeakMap<readonly string[], string>();

  constructor(clock: Clock) {
    this.#servers = new ExpiringCache(clock, MAX_BYTES, () => BYTES_PER_ENTRY);
  }

  /**
   * Returns the chain from the server's certificate to the trusted one.
   * @param now wall-clock milliseconds
   */
  find(checked: CheckedServer, now: number): readonly X509Certificate[] | undefined {
    const known = this.#servers.get(this.#idOf(checked));
    if (known === undefined || now < known.from || now > known.until) return undefined;
    const chain = known.chain.map((place) => at(checked, place));
    return chain.every((certificate) => certificate !== undefined) ? chain : undefined;
  }

  /** @param chain what was verified, from the server's certificate to the trusted one */
  add(checked: CheckedServer, chain: readonly X509Certificate[]): void {
    const places = chain.map((certificate) => placeOf(checked, certificate));
    const parts = chain.map(({ raw }) => readCertificateParts(raw));
    if (!places.every((place) => place !== undefined) || !parts.every((part) => part !== undefined)) return;
    const from = Math.max(...parts.map(({ notBefore }) => notBefore));
    const until = Math.min(...parts.map(({ notAfter }) => notAfter));
    this.#servers.set(this.#idOf(checked), { chain: places, from, until }, LIFETIME_MS);
  }

  #idOf({ name, presented, trusted }: CheckedServer): string {
    const hash = createHash("sha256").update(JSON.stringify([name, this.#trustId(trusted), presented.length]));
    for (const { raw } of presented) hash.update(`${raw.length} `).update(raw);
    return hash.digest("base64");
  }

  #trustId(trusted: readonly string[]): string {
    const known = this.#trustIds.get(trusted);
    if (known !== undefined) return known;
    const id = createHash("sha256").update(JSON.stringify(trusted)).digest("base64");
    this.#trustIds.set(trusted, id);
    return id;
  }
}

function placeOf({ presented, trusted }: CheckedServer, certificate: X509Certificate): Place | undefined {
  const index = presented.indexOf(certificate);
  if (index >= 0) return { presented: index };
  const root = trusted.findIndex((pem) => derOf(pem).equals(certificate.raw));
  return root >= 0 ? { trusted: root } : undefined;
}

function at({ presented, trusted }: CheckedServer, place: Place): X509Certificate | undefined {
  if ("presented" in place) return presented[place.presented];
  const pem = trusted[place.trusted];
  return pem === undefined ? undefined : new X509Certificate(pem);
}
