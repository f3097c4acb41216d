import type { X509Certificate } from "node:crypto";
import { type IpAddress, parseIpAddress } from "../common/ip-network.ts";
import { partsOf } from "../common/x509/certificate-parts.ts";
import { keyProblem, publicKeyOf } from "../common/x509/key-kinds.ts";
import type { ChainProblem } from "../common/x509/verify-chain.ts";

/** OpenSSL trusts this server, but Docker's client would refuse it. */
export class ServerIdentityError extends Error {
  override readonly name = "ServerIdentityError";
  readonly code:
    | "DOCKERHOST_NO_SAN"
    | "DOCKERHOST_NAME_MISMATCH"
    | "DOCKERHOST_CERTIFICATE_MALFORMED"
    | "DOCKERHOST_CHAIN_REFUSED";
  /** What is wrong with the chain, if the chain is the cause. */
  readonly problem: ChainProblem | undefined;

  constructor(code: ServerIdentityError["code"], message: string, problem?: ChainProblem) {
    super(message);
    this.code = code;
    this.problem = problem;
  }
}

/**
 * Checks the certificate of a server whose chain is verified, as Go's crypto/x509 does for Docker's client. Node's own
 * check differs: it accepts the common name and wildcards such as `edge*.test`, but not `*.test`.
 * @param name the name or address that the certificate must contain
 * @param presented what the server sent, its own certificate first
 */
export function checkServer(name: string, presented: readonly X509Certificate[]): ServerIdentityError | undefined {
  const [leaf] = presented;
  const parts = leaf === undefined ? undefined : partsOf(leaf);
  if (leaf === undefined) return malformed("it was not shown");
  const problem = presented.map(keyProblemOf).find((found) => found !== undefined);
  if (problem !== undefined) return malformed(`it, or one above it, ${problem}`);
  if (parts === undefined) return malformed("it is not encoded as it should be");
  const { names } = parts.extensions;
  if (names === undefined) return new ServerIdentityError("DOCKERHOST_NO_SAN", "no alternative names");
  const address = parseIpAddress(name);
  // An address is compared only with addresses, even if an alternative name looks like one.
  const matches =
    address === undefined
      ? names.dns.some((offered) => matchesName(offered, name))
      : names.ip.some((offered) => sameAddress(offered, address));
  return matches ? undefined : new ServerIdentityError("DOCKERHOST_NAME_MISMATCH", leaf.subjectAltName ?? "no names");
}

function malformed(why: string): ServerIdentityError {
  return new ServerIdentityError("DOCKERHOST_CERTIFICATE_MALFORMED", why);
}

/** Finds keys anywhere in the chain that OpenSSL accepts and Go does not. */
function keyProblemOf(certificate: X509Certificate): string | undefined {
  const key = publicKeyOf(certificate);
  return key === undefined ? "has a key of another kind (unknown)" : keyProblem(key);
}

const MAPPED_IPV4 = Buffer.from("00000000000000000000ffff", "hex");

function sameAddress(offered: Buffer, wanted: IpAddress): boolean {
  const bytes = offered.subarray(0, 12).equals(MAPPED_IPV4) ? offered.subarray(12) : offered;
  return bytes.length === (wanted.family === 4 ? 4 : 16) && BigInt(`0x${bytes.toString("hex")}`) === wanted.value;
}

/**
 * Follows VerifyHostname of Go's crypto/x509: wildcards and a dot at the end are accepted only in well-formed names.
 */
function matchesName(pattern: string, name: string): boolean {
  const wanted = lowerAscii(name);
  const offered = lowerAscii(pattern);
  const host = wanted.replace(/\.$/, "");
  if (!isHostName(host, false) || !isHostName(offered, true)) {
    return offered === wanted && !["", "."].includes(wanted);
  }
  const labels = host.split(".");
  const patterns = offered.split(".");
  return (
    labels.length === patterns.length &&
    patterns.every((label, index) => (index === 0 && label === "*") || label === labels[index])
  );
}

function isHostName(name: string, wildcard: boolean): boolean {
  if (name === "*") return false;
  return name
    .split(".")
    .every((label, index) => (wildcard && index === 0 && label === "*") || /^[a-z0-9_][a-z0-9_-]*$/.test(label));
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
