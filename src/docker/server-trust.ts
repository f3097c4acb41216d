import type { X509Certificate } from "node:crypto";
import { type Result, success } from "../common/result.ts";
import type { Presented } from "../common/sent-certificates.ts";
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
  /** Whether the certificates above its own were not read, because too many were read today. */
  readonly isPartial: boolean;
}

/** The problems that can be those of certificates above the server's own. */
const CHAIN_CODES: ReadonlySet<ServerIdentityError["code"]> = new Set([
  "DOCKERHOST_CHAIN_REFUSED",
  "DOCKERHOST_CERTIFICATE_MALFORMED",
]);

/** Verifies what one server presents in its successive handshakes. */
export class ServerTrust {
  /** Each is one PEM certificate. */
  readonly trusted: readonly string[];
  readonly #host: string;
  readonly #tls: TlsSettings;
  #present: (() => Presented) | undefined;
  #shown: Presented | undefined;
  /** The result of our own verification; undefined before it. */
  #verified: Result<readonly X509Certificate[], ChainProblem> | undefined;

  constructor(host: string, tls: TlsSettings) {
    this.#host = host;
    this.#tls = tls;
    this.trusted = tls.verify ? (tls.credentials.ca ?? tls.roots()) : [];
  }

  /** Called when a handshake begins. */
  begin(): void {
    this.#present = undefined;
    this.#shown = undefined;
    this.#verified = undefined;
  }

  /** Called when it ends, with a function that returns what the server sends. */
  present(present: () => Presented): void {
    this.#present = present;
    this.#shown = present();
    this.#verified = undefined;
  }

  /**
   * Called after a handshake that failed: the server may no longer send what is remembered of it. Returns whether the next
   * handshake shows what it sends now.
   * @param verdict OpenSSL's code
   */
  doubt(verdict: string): boolean {
    return this.#shown?.doubt(verdict) ?? false;
  }

  /** Finds what Docker's client would refuse in a server that OpenSSL trusts. Never throws, because a socket's listener calls it. */
  readonly check = (): ServerIdentityError | undefined => {
    try {
      const problem = this.#refusal();
      const mayBeOfCas = problem !== undefined && CHAIN_CODES.has(problem.code);
      if (!mayBeOfCas || this.#present === undefined || !this.doubt("")) return problem;
      this.present(this.#present);
      return this.#refusal();
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
      isPartial: this.#shown?.isPartial ?? false,
      trustedByRoots: this.#tls.credentials.ca !== undefined && this.#verifyBy(this.#tls.roots())?.ok === true,
    };
  }

  get #presented(): readonly X509Certificate[] {
    return this.#shown?.certificates ?? [];
  }

  #refusal(): ServerIdentityError | undefined {
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
