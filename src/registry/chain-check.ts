import type { X509Certificate } from "node:crypto";
import type { Agent } from "node:https";
import { checkServerIdentity, TLSSocket } from "node:tls";
import type { Clock } from "../common/clock.ts";
import { errorCode } from "../common/error-code.ts";
import { presentedCertificates } from "../common/peer-certificates.ts";
import type { Result } from "../common/result.ts";
import { shortRsaBits } from "../common/x509/key-kinds.ts";
import { type ChainProblem, verifyChain } from "../common/x509/verify-chain.ts";

/** Docker's own client, which is Go, would refuse the chain of certificates. */
export class ChainRefused extends Error {
  override readonly name = "ChainRefused";
  /** undefined where the certificates could not be read. */
  readonly problem: ChainProblem | undefined;
  /** Whether it is the registry's own certificate that is at fault, not a CA above it. */
  readonly isOwn: boolean;

  constructor(problem?: ChainProblem, leaf?: X509Certificate) {
    super("Docker's own client refuses the chain of certificates");
    this.problem = problem;
    this.isOwn = problem === undefined || problem.certificate.fingerprint256 === leaf?.fingerprint256;
  }
}

/** OpenSSL found no way to a trusted certificate, although there is one: the same request may be sent again. */
export class ChainOverlooked extends Error {
  override readonly name = "ChainOverlooked";
}

/** OpenSSL found no way to a trusted certificate: it tries one only, and knows CAs by their names and identifiers. */
const NO_WAY: ReadonlySet<string | undefined> = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
]);

export interface ChainCheck {
  /** PEM, one each: what OpenSSL was given, before any certificate of a registry was added. */
  readonly trusted: readonly string[];
  readonly clock: Clock;
  /**
   * Called with the own certificate of a registry whose chain holds although OpenSSL did not find it so. Whoever trusts
   * this one certificate, and has it checked here again, trusts nothing that was not verified.
   * Returns whether another handshake may fare better.
   */
  readonly overlooked: (leaf: X509Certificate, host: string, port: number) => boolean;
}

/**
 * Has every connection of an agent verify the chain by Go's rules, after OpenSSL has verified it. Where OpenSSL refuses
 * it, the error's cause says what is wrong with the chain: ChainRefused, or ChainOverlooked.
 */
export function checkChains(agent: Agent, { trusted, clock, overlooked }: ChainCheck): Agent {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const handshake = new Handshake(trusted, clock);
    const socket = createConnection(
      {
        ...options,
        // After OpenSSL, and before anything is sent.
        checkServerIdentity: (name, certificate) => handshake.refusal() ?? checkServerIdentity(name, certificate),
      },
      callback,
    );
    if (!(socket instanceof TLSSocket)) return socket;
    // Before Node's own listener, which ends a connection that it does not trust: nothing could be asked of it then.
    socket.prependOnceListener("secure", () => handshake.present(presentedCertificates(socket)));
    socket.once("error", (error: Error) => {
      const foundNoWay = NO_WAY.has(errorCode(error));
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

/** What one registry shows in one handshake. Never throws: a socket's listeners call it. */
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
      // Stays unverified, and is refused as such.
    }
  }

  refusal(): ChainRefused | undefined {
    if (this.#verified?.ok === true) return undefined;
    return new ChainRefused(this.#verified?.failure, this.leaf);
  }

  /** OpenSSL, which then judges one certificate only, would have refused such keys in every one. */
  weakness(): ChainRefused | undefined {
    const chain = this.#verified?.ok === true ? this.#verified.value : [];
    const certificate = chain.find((each) => shortRsaBits(each) !== undefined);
    return certificate === undefined ? undefined : new ChainRefused({ kind: "weak", certificate, why: "" }, this.leaf);
  }
}
