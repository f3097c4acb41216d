import type { X509Certificate } from "node:crypto";
import type { Agent } from "node:https";
import { checkServerIdentity, TLSSocket } from "node:tls";
import type { Clock } from "../common/clock.ts";
import { errorCode } from "../common/error-code.ts";
import type { Result } from "../common/result.ts";
import type { Presented, SentCertificates } from "../common/sent-certificates.ts";
import { shortRsaBits } from "../common/x509/key-kinds.ts";
import { NO_PATH_CODES } from "../common/x509/openssl-codes.ts";
import { type ChainProblem, verifyChain } from "../common/x509/verify-chain.ts";

type Shown = Pick<Presented, "certificates" | "isPartial">;

/** Docker's own client, which is written in Go, would refuse the chain of certificates. */
export class ChainRefused extends Error {
  override readonly name = "ChainRefused";
  /** Undefined if the certificates could not be read. */
  readonly problem: ChainProblem | undefined;
  /** Whether the registry's own certificate has the problem, rather than a CA above it. */
  readonly isOwn: boolean;
  /** Whether the certificates above its own were not read, because too many were read today. */
  readonly isPartial: boolean;

  constructor(problem?: ChainProblem, { certificates, isPartial }: Shown = { certificates: [], isPartial: false }) {
    super("Docker's own client refuses the chain of certificates");
    const [leaf] = certificates;
    this.problem = problem;
    this.isPartial = isPartial;
    this.isOwn = problem === undefined || problem.certificate.fingerprint256 === leaf?.fingerprint256;
  }
}

/** OpenSSL did not find a path to a trusted certificate although there is one. The same request may be sent again. */
export class ChainOverlooked extends Error {
  override readonly name = "ChainOverlooked";
}

const WRONG_NAME = "ERR_TLS_CERT_ALTNAME_INVALID";
const NO_PATH: ReadonlySet<string | undefined> = new Set(NO_PATH_CODES);

export interface ChainCheck {
  /** Each is one PEM certificate: what OpenSSL was given before any registry's own certificate was added. */
  readonly trusted: readonly string[];
  readonly clock: Clock;
  /** What registries sent in earlier connections. */
  readonly sent: SentCertificates;
  /**
   * Called with a registry's own certificate if its chain is valid although OpenSSL did not find it. To trust this one
   * certificate, and to verify it here again, trusts nothing that was not verified. Returns whether another handshake
   * may succeed.
   */
  readonly overlooked: (leaf: X509Certificate, host: string, port: number) => boolean;
}

/**
 * Makes every connection of an agent verify the chain by Go's rules after OpenSSL has verified it. If OpenSSL refuses
 * it, the cause of the error says what is wrong with the chain: ChainRefused or ChainOverlooked.
 */
export function checkChains(agent: Agent, { trusted, clock, sent, overlooked }: ChainCheck): Agent {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const handshake = new Handshake(trusted, clock);
    const socket = createConnection(
      {
        ...options,
        // This runs after OpenSSL's verification and before anything is sent.
        checkServerIdentity: (name, certificate) => handshake.check() ?? checkServerIdentity(name, certificate),
      },
      callback,
    );
    if (!(socket instanceof TLSSocket)) return socket;
    // This must run before Node's own listener, which closes a connection that it does not trust, so that nothing could
    // be read from it.
    const server = { owner: ownerOf(options), address: `${options.host}:${options.port}` };
    socket.prependOnceListener("secure", () => handshake.present(() => sent.present(socket, server)));
    socket.once("error", (error: Error) => {
      const foundNoWay = NO_PATH.has(errorCode(error));
      // Names are only in the registry's own certificate, and errors after the handshake are not about certificates.
      if (!socket.authorized && errorCode(error) !== WRONG_NAME) handshake.doubt(errorCode(error) ?? "");
      const refusal = handshake.refusal() ?? (foundNoWay ? handshake.weakness() : undefined);
      if (refusal?.problem !== undefined) error.cause = refusal;
      const leaf = foundNoWay && refusal === undefined ? handshake.leaf : undefined;
      if (leaf !== undefined && overlooked(leaf, options.host ?? "", Number(options.port))) {
        error.cause = new ChainOverlooked("OpenSSL found no way to a trusted certificate");
      }
    });
    return socket;
  };
  return agent;
}

/** The options of a request have its namespace. A connection that is kept open is charged to the one that opens it. */
function ownerOf(options: object): string {
  return "owner" in options && typeof options.owner === "string" ? options.owner : "";
}

/** Checks what one registry shows in one handshake. Never throws, because the listeners of a socket call it. */
class Handshake {
  readonly #trusted: readonly string[];
  readonly #clock: Clock;
  #present: (() => Presented) | undefined;
  #shown: Presented | undefined;
  #verified: Result<readonly X509Certificate[], ChainProblem> | undefined;

  constructor(trusted: readonly string[], clock: Clock) {
    this.#trusted = trusted;
    this.#clock = clock;
  }

  get leaf(): X509Certificate | undefined {
    return this.#shown?.certificates[0];
  }

  /** @param present returns what the registry sends */
  present(present: () => Presented): void {
    this.#present = present;
    this.#shown = present();
    this.#verified = undefined;
    const [leaf, ...above] = this.#shown.certificates;
    try {
      if (leaf !== undefined) this.#verified = verifyChain([leaf, ...above], this.#trusted, this.#clock.now());
    } catch {
      // The certificate stays unverified, so it is refused.
    }
  }

  /** For a registry that OpenSSL accepts. If it is refused, what is remembered of it may not be what it sends now. */
  check(): ChainRefused | undefined {
    const refusal = this.refusal();
    if (refusal === undefined || this.#present === undefined || !this.doubt("")) return refusal;
    this.present(this.#present);
    return this.refusal();
  }

  /** Returns whether the next call of `present` reads what the registry sends. */
  doubt(verdict: string): boolean {
    return this.#shown?.doubt(verdict) ?? false;
  }

  refusal(): ChainRefused | undefined {
    if (this.#verified?.ok === true) return undefined;
    return new ChainRefused(this.#verified?.failure, this.#shown);
  }

  /** OpenSSL, which then verifies only one certificate, would have refused such a key in any of them. */
  weakness(): ChainRefused | undefined {
    const chain = this.#verified?.ok === true ? this.#verified.value : [];
    const certificate = chain.find((each) => shortRsaBits(each) !== undefined);
    return certificate === undefined
      ? undefined
      : new ChainRefused({ kind: "weak", certificate, why: "" }, this.#shown);
  }
}
