import type { X509Certificate } from "node:crypto";
import { type Result, success } from "../common/result.ts";
import { type ChainProblem, verifyChain } from "../common/x509/verify-chain.ts";
import { linkChain, type PeerChain, verifiedChain } from "./peer-chain.ts";
import { checkServer, ServerIdentityError } from "./server-identity.ts";
import { nameToVerify, type TlsSettings } from "./tls-options.ts";

/** What is known about a server whose certificate was refused, to explain why. */
export interface RefusedServer {
  readonly chain: PeerChain;
  /** What our own verification found wrong with the chain; undefined if it is valid, or nothing was verified. */
  readonly problem: ChainProblem | undefined;
  /** Whether a CA was given, but the system's roots would have trusted the server. */
  readonly trustedByRoots: boolean;
}

/** Verifies what one server presents in its successive handshakes. */
export class ServerTrust {
  /** Each is one PEM certificate. */
  readonly trusted: readonly string[];
  readonly #host: string;
  readonly #tls: TlsSettings;
  #presented: readonly X509Certificate[] = [];
  /** Whether that is what the server sent in an earlier connection. */
  #isRemembered = false;
  #asksForAll = false;
  /** The result of our own verification; undefined before it. */
  #verified: Result<readonly X509Certificate[], ChainProblem> | undefined;

  constructor(host: string, tls: TlsSettings) {
    this.#host = host;
    this.#tls = tls;
    this.trusted = tls.verify ? (tls.credentials.ca ?? tls.roots()) : [];
  }

  /** Called with nothing when a handshake begins, and with what the server sent when it ends. */
  present(certificates: readonly X509Certificate[]): void {
    if (certificates.length === 0) this.#isRemembered = false;
    this.#presented = certificates;
    this.#verified = undefined;
  }

  /** What a server with this certificate (in DER) is known to send, if it was verified before and still would be. */
  readonly known = (leaf: Buffer): readonly X509Certificate[] | undefined => {
    const { memory, now, verify } = this.#tls;
    if (!verify || this.#asksForAll) return undefined;
    const server = { name: nameToVerify(this.#host, this.#tls), trusted: this.trusted };
    const sent = memory?.servers.sentWith(leaf, server, now);
    this.#isRemembered = sent !== undefined;
    return sent;
  };

  /**
   * Called after a handshake that failed: the server may no longer send what is remembered of it, so in the next one, it
   * is asked for all that it sends. Returns whether something was remembered.
   */
  askForAll(): boolean {
    this.#asksForAll ||= this.#isRemembered;
    return this.#isRemembered;
  }

  /** Finds what Docker's client would refuse in a server that OpenSSL trusts. Never throws, because a socket's listener calls it. */
  readonly check = (): ServerIdentityError | undefined => {
    try {
      const { memory, now } = this.#tls;
      const name = nameToVerify(this.#host, this.#tls);
      const checked = { name, presented: this.#presented, trusted: this.trusted };
      const known = memory?.servers.find(checked, now);
      if (known !== undefined) {
        this.#verified = success(known);
        return undefined;
      }
      const verified = this.#verify();
      if (verified?.ok === false) {
        return new ServerIdentityError("DOCKERHOST_CHAIN_REFUSED", verified.failure.why, verified.failure);
      }
      const problem = checkServer(name, this.#presented);
      if (problem === undefined && verified !== undefined) memory?.servers.add(checked, verified.value);
      return problem;
    } catch (error) {
      const why = error instanceof Error ? error.name : typeof error;
      return new ServerIdentityError("DOCKERHOST_CERTIFICATE_MALFORMED", `reading it failed (${why})`);
    }
  };

  /**
   * The server's own certificate in PEM if its chain is valid although OpenSSL did not find it: OpenSSL tries only one
   * path, and identifies CAs by their names and identifiers. To trust this one certificate, and to verify it again,
   * trusts nothing that was not verified.
   */
  provenLeaf(): string | undefined {
    return this.#verify()?.ok === true ? this.#presented[0]?.toString() : undefined;
  }

  /** @param isTrusted whether the handshake succeeded for a server that was to be verified */
  peerChain(isTrusted: boolean): PeerChain | undefined {
    const verified = isTrusted ? this.#verify() : undefined;
    return verified?.ok === true ? verifiedChain(verified.value) : linkChain(this.#presented);
  }

  refused(): RefusedServer | undefined {
    const chain = linkChain(this.#presented);
    if (chain === undefined || !this.#tls.verify) return undefined;
    const verified = this.#verify();
    return {
      chain,
      problem: verified?.ok === false ? verified.failure : undefined,
      trustedByRoots: this.#tls.credentials.ca !== undefined && this.#verifyBy(this.#tls.roots())?.ok === true,
    };
  }

  #verify(): Result<readonly X509Certificate[], ChainProblem> | undefined {
    this.#verified ??= this.#verifyBy(this.trusted);
    return this.#verified;
  }

  #verifyBy(trusted: readonly string[]): Result<readonly X509Certificate[], ChainProblem> | undefined {
    const [leaf, ...above] = this.#presented;
    return leaf === undefined ? undefined : verifyChain([leaf, ...above], trusted, this.#tls.now);
  }
}
