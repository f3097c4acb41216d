import { createHash, hash, X509Certificate } from "node:crypto";
import type { Clock } from "../common/clock.ts";
import { ExpiringCache } from "../common/expiring-cache.ts";
import { derOf } from "../common/pem.ts";
import { partsOf } from "../common/x509/certificate-parts.ts";

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

interface Trust {
  readonly id: string;
  /** The certificates that ended a chain, by their places in the list. */
  readonly parsed: Map<number, X509Certificate>;
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
  /** What was computed of each list of trusted certificates, for as long as the list is used. */
  readonly #trusts = new WeakMap<readonly string[], Trust>();

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
    const chain = known.chain.map((place) => this.#at(checked, place));
    return chain.every((certificate) => certificate !== undefined) ? chain : undefined;
  }

  /** @param chain what was verified, from the server's certificate to the trusted one */
  add(checked: CheckedServer, chain: readonly X509Certificate[]): void {
    const places = chain.map((certificate) => placeOf(checked, certificate));
    const parts = chain.map(partsOf);
    if (!places.every((place) => place !== undefined) || !parts.every((part) => part !== undefined)) return;
    const from = Math.max(...parts.map(({ notBefore }) => notBefore));
    const until = Math.min(...parts.map(({ notAfter }) => notAfter));
    this.#servers.set(this.#idOf(checked), { chain: places, from, until }, LIFETIME_MS);
    const { parsed } = this.#trustOf(checked.trusted);
    for (const [index, place] of places.entries()) {
      const certificate = chain[index];
      if ("trusted" in place && certificate !== undefined) parsed.set(place.trusted, certificate);
    }
  }

  #idOf({ name, presented, trusted }: CheckedServer): string {
    const id = createHash("sha256").update(JSON.stringify([name, this.#trustOf(trusted).id, presented.length]));
    for (const { raw } of presented) id.update(`${raw.length} `).update(raw);
    return id.digest("base64");
  }

  #trustOf(trusted: readonly string[]): Trust {
    const known = this.#trusts.get(trusted);
    if (known !== undefined) return known;
    const trust = { id: hash("sha256", JSON.stringify(trusted), "base64"), parsed: new Map() };
    this.#trusts.set(trusted, trust);
    return trust;
  }

  #at({ presented, trusted }: CheckedServer, place: Place): X509Certificate | undefined {
    if ("presented" in place) return presented[place.presented];
    const { parsed } = this.#trustOf(trusted);
    const pem = trusted[place.trusted];
    const certificate = parsed.get(place.trusted) ?? (pem === undefined ? undefined : new X509Certificate(pem));
    if (certificate !== undefined) parsed.set(place.trusted, certificate);
    return certificate;
  }
}

function placeOf({ presented, trusted }: CheckedServer, certificate: X509Certificate): Place | undefined {
  const index = presented.indexOf(certificate);
  if (index >= 0) return { presented: index };
  const root = trusted.findIndex((pem) => derOf(pem).equals(certificate.raw));
  return root >= 0 ? { trusted: root } : undefined;
}
