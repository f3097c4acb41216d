import { createHash, hash, X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { LRUCache } from "lru-cache";
import type { Clock } from "./clock.ts";
import { DailyAllowance } from "./daily-allowance.ts";
import { ExpiringCache } from "./expiring-cache.ts";
import { ownCertificate, readCertificates } from "./peer-certificates.ts";

/** A server, and who wants to reach it. */
export interface AskedServer {
  /** Any text, such as a namespace. */
  readonly owner: string;
  /** Host and port. */
  readonly address: string;
}

/** The certificates of a server in one connection. */
export interface Presented {
  /** Its own first; empty if it sent none. */
  readonly certificates: readonly X509Certificate[];
  /** Whether the others were not read, because too many were read today. */
  readonly isPartial: boolean;
  /**
   * Called if the server is refused, because it may send others than are remembered. Returns whether the next call of
   * `present` reads them.
   * @param verdict OpenSSL's code of what is wrong; empty if it accepts the server
   */
  doubt(verdict: string): boolean;
}

/** What a server sent in addition to a certificate of its own. */
interface Sent {
  readonly above: readonly Buffer[];
  /** On the monotonic clock, like `until`. */
  readonly readAt: number;
  /** When it is read again. */
  until: number;
  /** OpenSSL's verdict when it was last doubted, and how often reading it again has confirmed it since then. */
  verdict: string | undefined;
  confirmed: number;
}

const DAY_MS = 24 * 3_600_000;
/** What is doubted is read again after this time, and then after twice the time, up to an hour. */
const FIRST_WAIT_MS = 5 * 60_000;
const LONGEST_WAIT_MS = 3_600_000;
/** If reading is not allowed, what was read before is used for longer. */
const LIFETIME_MS = 7 * DAY_MS;

const MAX_BYTES = 16 * 1024 * 1024;
const BYTES_PER_ENTRY = 300;
const BYTES_PER_BUFFER = 200;
/** Servers with the same CAs share the bytes of these. */
const MAX_SHARED_BYTES = 2 * 1024 * 1024;

/** Measured: what Node never frees of a certificate, with a reserve. */
const KEPT_PER_CERTIFICATE = 6 * 1024;
const KEPT_PER_SERVER = 256 * 1024;
/** More than 2,000 servers need that send two certificates above their own. */
const KEPT_PER_OWNER = 32 * 1024 * 1024;

/**
 * Remembers what servers send with their own certificates, because Node 24 never frees these further certificates once they are
 * read. A server is recognised by its own certificate, of which the handshake has proved that it has the key. It is read once a
 * day, and again if it is refused, but less and less often. A server that shows new certificates all the time, and its
 * owner, can use only a certain amount of memory per day. Then only their own certificates are read.
 */
export class SentCertificates {
  readonly #clock: Clock;
  readonly #entries: ExpiringCache<Sent>;
  readonly #shared = new LRUCache<string, Buffer>({
    maxSize: MAX_SHARED_BYTES,
    sizeCalculation: ({ length }) => length + BYTES_PER_BUFFER,
  });
  readonly #perServer: DailyAllowance;
  readonly #perOwner: DailyAllowance;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#entries = new ExpiringCache(
      clock,
      MAX_BYTES,
      ({ above }) => BYTES_PER_ENTRY + above.reduce((bytes, { length }) => bytes + length + BYTES_PER_BUFFER, 0),
    );
    this.#perServer = new DailyAllowance(clock, KEPT_PER_SERVER);
    this.#perOwner = new DailyAllowance(clock, KEPT_PER_OWNER);
  }

  /** Never throws, because the listeners of a socket call it. */
  present(socket: TLSSocket, server: AskedServer): Presented {
    const leaf = ownCertificate(socket);
    const id = createHash("sha256")
      .update(JSON.stringify(server))
      .update(leaf?.raw ?? "")
      .digest("base64");
    const sent = this.#entries.get(id);
    const mayRead = sent === undefined || sent.until <= this.#clock.monotonic();
    if (mayRead && this.#isAllowed(server)) return this.#read(socket, server, id);
    if (leaf === undefined) return { certificates: [], isPartial: true, doubt: () => false };
    const above = sent?.above.map((der) => new X509Certificate(der)) ?? [];
    return {
      certificates: [leaf, ...above],
      isPartial: sent === undefined,
      doubt: (verdict) => sent !== undefined && this.#doubt(sent, verdict) && this.#isAllowed(server),
    };
  }

  #read(socket: TLSSocket, server: AskedServer, id: string): Presented {
    const { certificates, count } = readCertificates(socket);
    const kept = Math.max(0, count - 1) * KEPT_PER_CERTIFICATE;
    this.#perServer.spend(JSON.stringify(server), kept);
    this.#perOwner.spend(server.owner, kept);
    const before = this.#entries.get(id);
    const above = certificates.slice(1).map(({ raw }) => this.#share(raw));
    const isSame = before?.above.length === above.length && above.every((der, at) => before.above[at]?.equals(der));
    const readAt = this.#clock.monotonic();
    const sent: Sent = {
      ...{ above, readAt, until: readAt + DAY_MS },
      ...(isSame && before.until < before.readAt + DAY_MS
        ? { verdict: before.verdict, confirmed: before.confirmed + 1 }
        : { verdict: undefined, confirmed: 0 }),
    };
    this.#entries.set(id, sent, LIFETIME_MS);
    const doubt = (verdict: string) => {
      sent.confirmed = sent.verdict === verdict ? Math.max(1, sent.confirmed) : 1;
      sent.verdict = verdict;
      this.#doubt(sent, verdict);
      return false;
    };
    return { certificates, isPartial: false, doubt };
  }

  /** Returns whether it is time to read it again. */
  #doubt(sent: Sent, verdict: string): boolean {
    if (sent.verdict !== verdict) sent.confirmed = 0;
    sent.verdict = verdict;
    const { confirmed, readAt } = sent;
    const wait = confirmed === 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (confirmed - 1));
    sent.until = Math.min(sent.until, readAt + wait);
    return sent.until <= this.#clock.monotonic();
  }

  #isAllowed(server: AskedServer): boolean {
    return this.#perServer.has(JSON.stringify(server)) && this.#perOwner.has(server.owner);
  }

  /** The buffers of `raw` may be parts of larger ones, so this is a copy. */
  #share(raw: Buffer): Buffer {
    const id = hash("sha256", raw, "base64");
    const shared = this.#shared.get(id) ?? Buffer.from(new Uint8Array(raw).buffer);
    this.#shared.set(id, shared);
    return shared;
  }
}
