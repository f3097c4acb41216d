import { advised, type Outcome } from "../api/failure.ts";
import type { Advice } from "../api/surface.ts";
import { MAX_BUNDLE_BYTES } from "../common/pem.ts";
import { failure, success } from "../common/result.ts";

/** The three files of a TLS connection to Docker, as PEM text. */
export interface CredentialFiles {
  readonly ca?: CredentialFile;
  readonly cert?: CredentialFile;
  readonly key?: CredentialFile;
}

export interface CredentialFile {
  /** How a message refers to it, for example `"tls.crt" of Secret "edge-7-tls"`. */
  readonly label: string;
  readonly pem: string;
}

/** Names that replace the usual ones. */
export interface KeyNames {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

type Entries = Readonly<Record<string, string>>;

interface Layout {
  /** The CA consists of all of these entries together. */
  readonly ca: readonly string[];
  readonly cert: string;
  readonly key: string;
  /** The entries with the issuers of a certificate that is stored without them. */
  readonly chain?: string;
}

/**
 * The usual names, in order of precedence. Those of kubernetes.io/tls come first: whatever issues and renews
 * certificates (cert-manager, Vault Secrets Operator, step-ca) writes them, and other entries of the same Secret are
 * copies that become outdated. Docker's own names follow, then the fields of Vault's answer, as Vault Secrets Operator
 * stores them.
 *
 * Certificate and key come from one layout, the first that has both. The CA comes from the same layout or, if that has
 * none, from the first layout with one, so that a CA in the Secret is never ignored in favour of the system's roots.
 * This covers a `ca.pem` that somebody added to a Secret of cert-manager, and the `ca_chain` with which Vault Secrets
 * Operator writes `tls.crt` without a `ca.crt`.
 */
const LAYOUTS: readonly Layout[] = [
  { ca: ["ca.crt"], cert: "tls.crt", key: "tls.key" },
  { ca: ["ca.pem"], cert: "cert.pem", key: "key.pem" },
  { ca: ["ca_chain", "issuing_ca"], cert: "certificate", key: "private_key", chain: "ca_chain" },
];

/**
 * Finds the CA, certificate and key among the entries of a Secret or a folder. A name that the caller maps must exist;
 * a usual name may be missing.
 * @param source for messages, for example `Secret "edge-7-tls"`; absent if the entries are files that flags name
 */
export function findCredentials(
  entries: Entries,
  names: KeyNames,
  source: string | undefined,
): Outcome<CredentialFiles> {
  const has = (name: string) => Object.hasOwn(entries, name);
  const absent = [names.ca, names.cert, names.key].find((name) => name !== undefined && !has(name));
  if (absent !== undefined) {
    const next = "Add it, or correct the name in spec.tls.certSecretRef.keys.";
    return failure(advised("SecretKeyMissing", `${subject(source)} has no key "${absent}"`, undefined, next));
  }
  const layout =
    LAYOUTS.find(({ cert, key }) => has(cert) && has(key)) ?? LAYOUTS.find(({ cert, key }) => has(cert) || has(key));
  const cert = certificateNames(names, layout, has);
  const key = [names.key ?? layout?.key].filter((name) => name !== undefined).filter(has);
  if (cert.length === 0 && key.length > 0) return incomplete(source, layout?.cert, "private key", "client certificate");
  if (key.length === 0 && cert.length > 0) return incomplete(source, layout?.key, "client certificate", "private key");
  const ca = authorityNames(names, layout, has);
  if (ca.length === 0 && cert.length === 0) {
    const problem = `${subject(source)} has none of the keys tls.crt, tls.key and ca.crt, or cert.pem, key.pem and ca.pem, or certificate, private_key and ca_chain`;
    const next = "Add them, or map their names in spec.tls.certSecretRef.keys.";
    return failure(advised("SecretKeyMissing", problem, undefined, next));
  }
  return success({
    ...(ca.length === 0 ? {} : { ca: credentialFile(entries, ca, source) }),
    ...(cert.length === 0 ? {} : { cert: credentialFile(entries, cert, source) }),
    ...(key.length === 0 ? {} : { key: credentialFile(entries, key, source) }),
  });
}

/** The entries with these names, joined in this order. All of them must exist. */
export function credentialFile(entries: Entries, names: readonly string[], source: string | undefined): CredentialFile {
  return {
    label: labelOf(names, source),
    pem: names.map((name) => pemText(entries[name] ?? "")).join("\n"),
  };
}

/** How a message refers to entries. */
export function labelOf(names: readonly string[], source: string | undefined): string {
  const quoted = names.map((name) => `"${name}"`).join(" with ");
  return source === undefined ? quoted : `${quoted} of ${source}`;
}

/** How a sentence about all entries begins. */
export function subject(source: string | undefined): string {
  return source ?? "The input";
}

/** The certificate, with its issuers if a layout stores them separately: a daemon may trust only their root. */
function certificateNames(
  names: KeyNames,
  layout: Layout | undefined,
  has: (name: string) => boolean,
): readonly string[] {
  if (names.cert !== undefined) return [names.cert];
  if (layout === undefined || !has(layout.cert)) return [];
  return layout.chain !== undefined && has(layout.chain) ? [layout.cert, layout.chain] : [layout.cert];
}

function authorityNames(
  names: KeyNames,
  layout: Layout | undefined,
  has: (name: string) => boolean,
): readonly string[] {
  if (names.ca !== undefined) return [names.ca];
  const candidates = layout === undefined ? LAYOUTS : [layout, ...LAYOUTS];
  return candidates.map(({ ca }) => ca.filter(has)).find((found) => found.length > 0) ?? [];
}

/** Vault Secrets Operator writes a list of certificates as JSON. */
function pemText(text: string): string {
  if (text.length > MAX_BUNDLE_BYTES || !/^\s*\[/.test(text)) return text;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((item) => typeof item === "string") ? list.join("\n") : text;
  } catch {
    return text;
  }
}

function incomplete(source: string | undefined, missing: string | undefined, has: string, lacks: string) {
  const add = missing === undefined ? "Add it" : `Add it as "${missing}"`;
  const next: Advice = {
    object: `${add}, or map its name in spec.tls.certSecretRef.keys.`,
    flags: `Name its file with ${lacks === "private key" ? "--tlskey" : "--tlscert"}, or put it into the certificate folder.`,
  };
  return failure(
    advised("ClientKeyPairIncomplete", `${subject(source)} has a ${has} but no ${lacks}`, undefined, next),
  );
}
