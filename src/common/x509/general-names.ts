import { type DerReader, MalformedDer, primitive, TAG } from "./der.ts";

/** The alternative names of a certificate that Docker's client uses. */
export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
  /** Addresses of 4 or 16 bytes. */
  readonly ip: readonly Buffer[];
}

export const NAME_TAG = { email: primitive(1), dns: primitive(2), uri: primitive(6), ip: primitive(7) } as const;

/** Works like parseSANExtension of Go's crypto/x509. Names of other kinds are ignored. */
export function readAlternativeNames(reader: DerReader): AlternativeNames {
  const names = { dns: [] as string[], email: [] as string[], uri: [] as string[], ip: [] as Buffer[] };
  const list = reader.enter(TAG.sequence);
  while (!list.isEmpty) {
    const { tag, content } = list.any();
    if (tag === NAME_TAG.dns) names.dns.push(asciiText(content));
    if (tag === NAME_TAG.email) names.email.push(asciiText(content));
    if (tag === NAME_TAG.uri) names.uri.push(readUri(content));
    if (tag === NAME_TAG.ip) names.ip.push(readAddress(content));
  }
  return names;
}

export function asciiText(bytes: Buffer): string {
  if (bytes.some((byte) => byte > 0x7f)) throw new MalformedDer("text is not ASCII");
  return bytes.toString("latin1");
}

function readAddress(bytes: Buffer): Buffer {
  if (bytes.length !== 4 && bytes.length !== 16) throw new MalformedDer("address");
  return bytes;
}

function readUri(bytes: Buffer): string {
  const text = asciiText(bytes);
  const authority = uriAuthority(text);
  if (authority === undefined || !isDomain(authority, false)) throw new MalformedDer("URI");
  return text;
}

/** Returns host and port of a URI, empty if it has none; undefined if Go cannot parse the URI. */
export function uriAuthority(text: string): string | undefined {
  if (/\p{Cc}/u.test(text) || text.startsWith(":")) return undefined;
  const [, scheme, rest = ""] = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(.*)$/s.exec(text) ?? [];
  const [path = ""] = rest.split(/[?#]/, 1);
  if (scheme === undefined && /^[^/]*:/.test(path)) return undefined;
  if (!path.startsWith("//")) return /%(?![0-9a-fA-F]{2})/.test(path) ? undefined : "";
  const [, authority = "", tail = ""] = /^\/\/([^/]*)(.*)$/s.exec(path) ?? [];
  const at = authority.lastIndexOf("@");
  const [user, host] = [authority.slice(0, Math.max(0, at)), authority.slice(at + 1)];
  if (/%(?![0-9a-fA-F]{2})/.test(user + tail) || /[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/.test(user)) return undefined;
  // A port must be a number or empty; an IPv6 address must be in brackets.
  const isHost = /^(?:\[[0-9a-fA-F:.]*\]|[A-Za-z0-9\-_.~!"$&'()*+,;=<>]*)(?::[0-9]*)?$/.test(host);
  return isHost ? host : undefined;
}

/** Works like domainNameValid of Go's crypto/x509: labels must not be empty and consist of visible characters. */
export function isDomain(name: string, isConstraint: boolean): boolean {
  if (name === "") return true;
  const labels = isConstraint && name.startsWith(".") ? name.slice(1) : name;
  return /^[!-~]+$/.test(labels) && labels.split(".").every((label) => label !== "");
}

export interface Mailbox {
  readonly local: string;
  /** In lower case. */
  readonly domain: string;
}

/** Parses a mailbox. Returns undefined if the text is not one according to RFC 2821. */
export function readMailbox(text: string): Mailbox | undefined {
  const quoted = /^"((?:[^\0\t\n\r"\\\x80-\uffff]|\\[^\0\n\r\x80-\uffff])*)"@([\s\S]*)$/.exec(text);
  const plain = /^((?:[0-9A-Za-z!#$%&'*+\-/=?^_`{|}~.]|\\[\0-\x7f])+)@([\s\S]*)$/.exec(text);
  const [, written, domain] = quoted ?? plain ?? [];
  if (written === undefined || domain === undefined || !isDomain(domain, false)) return undefined;
  const local = written.replaceAll(/\\([\s\S])/g, "$1");
  if (quoted === null && /^\.|\.$|\.\./.test(local)) return undefined;
  return { local, domain: domain.toLowerCase() };
}
