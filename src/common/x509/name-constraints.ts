import { isIP } from "node:net";
import { constructed, DerReader, MalformedDer, TAG } from "./der.ts";
import { type AlternativeNames, asciiText, isDomain, NAME_TAG, readMailbox, uriAuthority } from "./general-names.ts";

/** The names in a list of permitted or excluded subtrees, by kind. */
interface Subtrees {
  readonly dns: ReadonlySet<string>;
  readonly email: ReadonlySet<string>;
  readonly uri: ReadonlySet<string>;
  /** Each buffer contains an address followed by a mask. */
  readonly ip: ReadonlySet<Buffer>;
}

export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
  /** Whether the constraints also cover other kinds of names, which Docker's client does not know. */
  readonly hasOtherKinds: boolean;
}

/** Works like parseNameConstraintsExtension of Go's crypto/x509. */
export function readNameConstraints(value: Buffer): NameConstraints {
  const outer = new DerReader(value);
  const top = outer.enter(TAG.sequence);
  const permitted = top.optional(constructed(0)) ?? Buffer.alloc(0);
  const excluded = top.optional(constructed(1)) ?? Buffer.alloc(0);
  if (!outer.isEmpty || !top.isEmpty || permitted.length + excluded.length === 0) throw new MalformedDer("constraints");
  const [allows, excludes] = [readSubtrees(permitted), readSubtrees(excluded)];
  return {
    permitted: allows.subtrees,
    excluded: excludes.subtrees,
    hasOtherKinds: allows.hasOtherKinds || excludes.hasOtherKinds,
  };
}

function readSubtrees(bytes: Buffer): { readonly subtrees: Subtrees; readonly hasOtherKinds: boolean } {
  const [dns, email, uri, ip] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<Buffer>()];
  let hasOtherKinds = false;
  const list = new DerReader(bytes);
  while (!list.isEmpty) {
    const { tag, content } = list.enter(TAG.sequence).any();
    if (tag === NAME_TAG.dns) dns.add(readDomain(content));
    else if (tag === NAME_TAG.uri) uri.add(readUriDomain(content));
    else if (tag === NAME_TAG.email) email.add(readEmail(content));
    else if (tag === NAME_TAG.ip) ip.add(readNetwork(content));
    else hasOtherKinds = true;
  }
  return { subtrees: { dns, email, uri, ip }, hasOtherKinds };
}

function readDomain(content: Buffer): string {
  const text = asciiText(content);
  if (!isDomain(text, true)) throw new MalformedDer("domain of a constraint");
  return text.toLowerCase();
}

function readUriDomain(content: Buffer): string {
  const text = readDomain(content);
  if (isIP(text) !== 0) throw new MalformedDer("a constraint of URIs is an address");
  return text;
}

/** The part of a mailbox in front of the @ is case-sensitive, so it is kept unchanged. */
function readEmail(content: Buffer): string {
  const text = asciiText(content);
  if (!text.includes("@")) return readDomain(content);
  const mailbox = readMailbox(text);
  if (mailbox === undefined) throw new MalformedDer("mailbox of a constraint");
  return `${mailbox.local}@${mailbox.domain}`;
}

function readNetwork(content: Buffer): Buffer {
  if (content.length !== 8 && content.length !== 32) throw new MalformedDer("network");
  const mask = content.subarray(content.length / 2);
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  if (!/^1*0*$/.test(bits)) throw new MalformedDer("mask");
  return content;
}

/** Real names are not longer; hostile ones would take long to compare. */
const MAX_NAME = 255;

/**
 * Finds the first name of a certificate that the constraints of a CA above it do not allow. Like Go's crypto/x509, it
 * checks all alternative names but not the subject. A name that cannot be checked is not allowed.
 * @param spend is called with the number of comparisons before they are made; it returns false if there have been too
 * many
 */
export function forbiddenName(
  names: AlternativeNames,
  { permitted, excluded }: NameConstraints,
  spend: (comparisons: number) => boolean,
): string | undefined {
  const violationOf = <T extends string | Buffer>(
    values: readonly T[],
    kind: keyof Subtrees,
    isIn: (list: Subtrees, value: T) => boolean,
  ) => {
    const costs = values.map((value) => costOf(value, permitted[kind].size + excluded[kind].size));
    if (!spend(costs.reduce((sum, cost) => sum + cost, 0))) return values[0];
    return values.find((value) => (permitted[kind].size > 0 && !isIn(permitted, value)) || isIn(excluded, value));
  };
  const isWithin = (kind: "dns" | "uri" | "email") => (list: Subtrees, name: string) =>
    isUnder(list[kind], name) || (list === excluded && isPartlyUnder(list[kind], name));
  const isMailbox = (list: Subtrees, text: string) => {
    const { local = "", domain = "" } = readMailbox(text) ?? {};
    return list.email.has(`${local}@${domain}`) || isWithin("email")(list, domain);
  };
  const unreadable =
    names.dns.find((name) => !isDomain(name, false)) ??
    names.uri.find((name) => uriHost(name) === undefined) ??
    names.email.find((name) => readMailbox(name) === undefined) ??
    [...names.dns, ...names.uri, ...names.email].find((name) => name.length > MAX_NAME);
  const address = violationOf(names.ip, "ip", (list, ip) => [...list.ip].some((network) => contains(network, ip)));
  return (
    unreadable ??
    (address === undefined ? undefined : addressText(address)) ??
    violationOf(names.dns, "dns", isWithin("dns")) ??
    violationOf(names.uri, "uri", (list, name) => isWithin("uri")(list, uriHost(name) ?? "")) ??
    violationOf(names.email, "email", isMailbox)
  );
}

/** Labels are looked up in constant time; networks and wildcards are compared with each subtree. */
function costOf(value: string | Buffer, subtrees: number): number {
  if (typeof value !== "string") return subtrees;
  return value.split(".").length + (value.includes("*") ? subtrees : 0);
}

/** Whether a subtree contains the name. One that begins with a dot does not contain the domain itself. */
function isUnder(subtrees: ReadonlySet<string>, name: string): boolean {
  if (subtrees.size === 0) return false;
  const labels = name.toLowerCase().split(".");
  return (
    subtrees.has("") ||
    labels.some((_, index) => {
      const domain = labels.slice(index).join(".");
      return subtrees.has(domain) || (index > 0 && subtrees.has(`.${domain}`));
    })
  );
}

/** Whether a wildcard covers the domain of a subtree. */
function isPartlyUnder(subtrees: ReadonlySet<string>, name: string): boolean {
  if (!name.startsWith("*")) return false;
  const parent = parentOf(name.toLowerCase());
  return parent !== "" && [...subtrees].some((subtree) => parentOf(subtree) === parent);
}

/** Returns the parent domain with the dot in front of it; a single label has none. */
function parentOf(domain: string): string {
  const dot = domain.indexOf(".");
  return dot < 0 ? "" : domain.slice(dot);
}

/**
 * Returns the host name of a URI; undefined if there is none, or if it is an address, which constraints of URIs do not
 * cover.
 */
function uriHost(uri: string): string | undefined {
  const host = (uriAuthority(uri) ?? "").toLowerCase().replace(/:[0-9]*$/, "");
  return host === "" || host.startsWith("[") || isIP(host) !== 0 ? undefined : host;
}

function contains(network: Buffer, address: Buffer): boolean {
  const size = network.length / 2;
  if (address.length !== size) return false;
  return address.every((byte, index) => ((byte ^ (network[index] ?? 0)) & (network[index + size] ?? 0)) === 0);
}

function addressText(address: Buffer): string {
  if (address.length === 4) return address.join(".");
  return (address.toString("hex").match(/.{4}/g) ?? []).join(":");
}
