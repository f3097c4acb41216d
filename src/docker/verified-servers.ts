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

/** What a server sent when it was verified; at most ten certificates. */
interface Sent {
  readonly certificates: readonly Buffer[];
  readonly from: number;
  readonly until: number;
}

const MAX_BYTES = 2 * 1024 * 1024;
const MAX_SENT_BYTES = 16 * 1024 * 1024;
const BYTES_PER_ENTRY = 500;
const BYTES_PER_BUFFER = 200;
const LIFETIME_MS = 24 * 3_600_000;

/**
 * Remembers the servers whose chain and name were verified, by the very bytes that were verified. Whether a chain is
 * valid depends on nothing else but the time, which is compared again. Failures are not remembered.
 */
export class VerifiedServers {
  readonly #servers: ExpiringCache<Verified>;
  readonly #sent: ExpiringCache<Sent>;
  /** What was computed of each list of trusted certificates, for as long as the list is used. */
  readonly #trusts = new WeakMap<readonly string[], Trust>();

  constructor(clock: Clock) {
    this.#servers = new ExpiringCache(clock, MAX_BYTES, () => BYTES_PER_ENTRY);
    this.#sent = new ExpiringCache(clock, MAX_SENT_BYTES, ({ certificates }) =>
      certificates.reduce((bytes, { length }) => bytes + length + BYTES_PER_BUFFER, 0),
    );
  }

  /**
   * Returns all certificates that a server with this leaf sent when it was verified for the same name and by the same
   * trust, which would verify it again; undefined for a server that sent only the leaf.
   * @param leaf in DER
   * @param now wall-clock milliseconds
   */
  sentWith(
    leaf: Buffer,
    server: Omit<CheckedServer, "presented">,
    now: number,
  ): readonly X509Certificate[] | undefined {
    const known = this.#sent.get(this.#idOf(server, [leaf]));
    if (known === undefined || now < known.from || now > known.until) return undefined;
    return known.certificates.map((der) => new X509Certificate(der));
  }

  /**
   * Returns the chain from the server's certificate to the trusted one.
   * @param now wall-clock milliseconds
   */
  find(checked: CheckedServer, now: number): readonly X509Certificate[] | undefined {
    const known = this.#servers.get(this.#idOf(checked, rawOf(checked)));
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
    const sent = rawOf(checked);
    this.#servers.set(this.#idOf(checked, sent), { chain: places, from, until }, LIFETIME_MS);
    if (sent.length > 1) {
      // The buffers of `raw` may be parts of larger ones.
      const certificates = sent.map((der) => Buffer.from(new Uint8Array(der).buffer));
      this.#sent.set(this.#idOf(checked, sent.slice(0, 1)), { certificates, from, until }, LIFETIME_MS);
    }
    const { parsed } = this.#trustOf(checked.trusted);
    for (const [index, place] of places.entries()) {
      const certificate = chain[index];
      if ("trusted" in place && certificate !== undefined) parsed.set(place.trusted, certificate);
    }
  }

  #idOf({ name, trusted }: Omit<CheckedServer, "presented">, certificates: readonly Buffer[]): string {
    const id = createHash("sha256").update(JSON.stringify([name, this.#trustOf(trusted).id, certificates.length]));
    for (const der of certificates) id.update(`${der.length} `).update(der);
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

function rawOf({ presented }: CheckedServer): readonly Buffer[] {
  return presented.map(({ raw }) => raw);
}

function placeOf({ presented, trusted }: CheckedServer, certificate: X509Certificate): Place | undefined {
  const index = presented.indexOf(certificate);
  if (index >= 0) return { presented: index };
  const root = trusted.findIndex((pem) => derOf(pem).equals(certificate.raw));
  return root >= 0 ? { trusted: root } : undefined;
}
