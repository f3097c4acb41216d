import type { X509Certificate } from "node:crypto";
import type { Agent } from "node:https";
import { checkServerIdentity, TLSSocket } from "node:tls";
import type { Clock } from "../common/clock.ts";
import { errorCode } from "../common/error-code.ts";
import { presentedCertificates } from "../common/peer-certificates.ts";
import type { Result } from "../common/result.ts";
import { shortRsaBits } from "../common/x509/key-kinds.ts";
import { NO_PATH_CODES } from "../common/x509/openssl-codes.ts";
import { type ChainProblem, verifyChain } from "../common/x509/verify-chain.ts";

/** Docker's own client, which is written in Go, would refuse the chain of certificates. */
export class ChainRefused extends Error {
  override readonly name = "ChainRefused";
  /** Undefined if the certificates could not be read. */
  readonly problem: ChainProblem | undefined;
  /** Whether the registry's own certificate has the problem, rather than a CA above it. */
  readonly isOwn: boolean;

  constructor(problem?: ChainProblem, leaf?: X509Certificate) {
    super("Docker's own client refuses the chain of certificates");
    this.problem = problem;
    this.isOwn = problem === undefined || problem.certificate.fingerprint256 === leaf?.fingerprint256;
  }
}

/** OpenSSL did not find a path to a trusted certificate although there is one. The same request may be sent again. */
export class ChainOverlooked extends Error {
  override readonly name = "ChainOverlooked";
}

const NO_PATH: ReadonlySet<string | undefined> = new Set(NO_PATH_CODES);

export interface ChainCheck {
  /** Each is one PEM certificate: what OpenSSL was given before any registry's own certificate was added. */
  readonly trusted: readonly string[];
  readonly clock: Clock;
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
export function checkChains(agent: Agent, { trusted, clock, overlooked }: ChainCheck): Agent {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const handshake = new Handshake(trusted, clock);
    const socket = createConnection(
      {
        ...options,
        // This runs after OpenSSL's verification and before anything is sent.
        checkServerIdentity: (name, certificate) => handshake.refusal() ?? checkServerIdentity(name, certificate),
      },
      callback,
    );
    if (!(socket instanceof TLSSocket)) return socket;
    // This must run before Node's own listener, which closes a connection that it does not trust, so that nothing could
    // be read from it.
    socket.prependOnceListener("secure", () => handshake.present(presentedCertificates(socket)));
    socket.once("error", (error: Error) => {
      const foundNoWay = NO_PATH.has(errorCode(error));
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

/** Checks what one registry shows in one handshake. Never throws, because the listeners of a socket call it. */
class Handshake {
  readonly #trusted: readonly string[];
  readonly #clock: Clock;
  #presented: readonly X509Certificate[] = [];
  #verified: Result<readonly X509Certificate[], ChainProblem> | undefined;

  constructor(trusted: readonly string[], clock: Clock) {
    this.#trusted = trusted;
    this.#clock = clock;
  }

  get leaf(): X509Certificate | undefined {
    return this.#presented[0];
  }

  present(certificates: readonly X509Certificate[]): void {
    this.#presented = certificates;
    const [leaf, ...above] = certificates;
    try {
      if (leaf !== undefined) this.#verified = verifyChain([leaf, ...above], this.#trusted, this.#clock.now());
    } catch {
      // The certificate stays unverified, so it is refused.
    }
  }

  refusal(): ChainRefused | undefined {
    if (this.#verified?.ok === true) return undefined;
    return new ChainRefused(this.#verified?.failure, this.leaf);
  }

  /** OpenSSL, which then verifies only one certificate, would have refused such a key in any of them. */
  weakness(): ChainRefused | undefined {
    const chain = this.#verified?.ok === true ? this.#verified.value : [];
    const certificate = chain.find((each) => shortRsaBits(each) !== undefined);
    return certificate === undefined ? undefined : new ChainRefused({ kind: "weak", certificate, why: "" }, this.leaf);
  }
}
