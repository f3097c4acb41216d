import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { type IpAddress, parseIpAddress } from "../common/ip-network.ts";
import { publicKeyOf, rsaBits, unsupportedKind } from "./key-kinds.ts";

/** A server whose chain is trusted, but which Docker's client would refuse all the same. */
export class ServerIdentityError extends Error {
  override readonly name = "ServerIdentityError";
  readonly code: "DOCKERHOST_NO_SAN" | "DOCKERHOST_NAME_MISMATCH" | "DOCKERHOST_CERTIFICATE_MALFORMED";

  constructor(code: ServerIdentityError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Judges the certificate of a server whose chain OpenSSL has verified, as Go's crypto/x509 does it for Docker's client.
 * Node's own check differs: it takes the common name, and `edge*.test` for a wildcard, but not `*.test`.
 * @param name the name or address that the certificate must be for
 * @param presented what the server sent, its own certificate first
 */
export function checkServer(name: string, presented: readonly X509Certificate[]): ServerIdentityError | undefined {
  const [leaf] = presented;
  const malformed = leaf === undefined ? "it was not shown" : keyProblem(presented);
  if (leaf === undefined || malformed !== undefined) {
    return new ServerIdentityError("DOCKERHOST_CERTIFICATE_MALFORMED", malformed ?? "");
  }
  const text = leaf.subjectAltName;
  if (text === undefined) return new ServerIdentityError("DOCKERHOST_NO_SAN", "no alternative names");
  const names = alternativeNames(text);
  if (names === undefined) {
    return new ServerIdentityError("DOCKERHOST_CERTIFICATE_MALFORMED", "its alternative names are malformed");
  }
  const address = parseIpAddress(name);
  // An address is looked for among addresses alone, also where a name is written like one.
  const matches =
    address === undefined
      ? names.some(({ type, value }) => type === "DNS" && matchesName(value, name))
      : names.some(({ type, value }) => type === "IP Address" && sameAddress(parseIpAddress(value), address));
  return matches ? undefined : new ServerIdentityError("DOCKERHOST_NAME_MISMATCH", text);
}

function sameAddress(one: IpAddress | undefined, other: IpAddress): boolean {
  return one?.family === other.family && one.value === other.value;
}

/** Go's crypto/tls takes no longer RSA key from a server. */
const MAX_RSA_BITS = 8192;

/** Keys that OpenSSL takes and Go does not, wherever in the chain. */
function keyProblem(presented: readonly X509Certificate[]): string | undefined {
  for (const certificate of presented) {
    const key = publicKeyOf(certificate);
    const kind = key === undefined ? "unknown" : unsupportedKind(key);
    if (kind !== undefined) return `it, or one above it, has a key of another kind (${kind})`;
    if (rsaBits(key) > MAX_RSA_BITS) return `it, or one above it, has an RSA key of more than ${MAX_RSA_BITS} bits`;
  }
  return undefined;
}

interface AlternativeName {
  /** As OpenSSL calls it: `DNS`, `IP Address`, `email`, `URI` and others. */
  readonly type: string;
  readonly value: string;
}

/** Those whose text Go demands to be ASCII. */
const TEXT_TYPES = ["DNS", "email", "URI"];

/** Reads Node's list of them, in which a value with unusual characters is a JSON string; undefined where Go reads none. */
function alternativeNames(text: string): readonly AlternativeName[] | undefined {
  const names: AlternativeName[] = [];
  const item = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;
  while (item.lastIndex < text.length) {
    const [, type = "", written] = item.exec(text) ?? [];
    const value = written === undefined ? undefined : unquote(written);
    if (value === undefined) return undefined;
    if (TEXT_TYPES.includes(type) && /[^\0-\x7f]/.test(value)) return undefined;
    if (type === "IP Address" && isIP(value) === 0) return undefined;
    names.push({ type, value });
  }
  return names;
}

function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** As VerifyHostname of Go's crypto/x509: wildcards and the dot at the end count in proper names only. */
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
