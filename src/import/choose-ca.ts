import type { X509Certificate } from "node:crypto";
import { UsageError } from "../common/usage-error.ts";
import { isSelfSigned } from "../common/x509/signed-by.ts";
import { type CertificateItem, distinct, type Inventory, isAuthority, issuersOf, type PemItem } from "./inventory.ts";

/** Names that identify a file as the CA that verifies servers, in order of precedence. */
const NAMES: readonly RegExp[] = [/^ca\.pem$/, /^ca\.crt$/, /^(root_ca|root-ca)\.(crt|pem)$/];

/** Vault returns the issuer, and the CAs above it if there are any. */
const VAULT_NAMES = /^(ca_chain|issuing_ca)(\.(pem|crt|txt))?$/;

/**
 * Chooses the CA that verifies the server. Returns undefined if the folder contains no CA, and throws a UsageError if
 * it contains several unrelated ones, since only one of them can be the daemon's.
 */
export function chooseCa(inventory: Inventory, client: PemItem | undefined, folder: string): PemItem | undefined {
  for (const name of NAMES) {
    const named = inventory.items.find(
      (item) => name.test(item.name) && (client === undefined || sameSet(item, client)),
    );
    if (named !== undefined) return named;
  }
  const ours = inventory.certificates.filter((item) => client === undefined || sameSet(item, client));
  const vault = ours.filter((item) => VAULT_NAMES.test(item.name));
  if (vault.length > 0) return together(vault);
  const authorities = inventory.certificates.filter(isAuthority);
  const [first] = authorities;
  if (first === undefined) return undefined;
  const all = distinct(authorities.flatMap((item) => item.certificates));
  const roots = all.filter(isSelfSigned);
  // If there is only one root, use it: it stays valid whichever intermediate issues the next certificates.
  const root = roots.length === 1 ? roots[0] : undefined;
  if (root !== undefined && all.every((each) => each === root || issuersOf(each, all).includes(root))) {
    const alone = authorities.find((item) => item.certificates.length === 1 && holds(item, root));
    return alone ?? { label: first.label, name: first.name, group: first.group, pem: root.toString() };
  }
  if (authorities.length === 1) return first;
  if (roots.length === 0 && all.length === 1) return first;
  const list = authorities.map(({ label }) => label).join(", ");
  throw new UsageError(
    `${folder} contains several CAs: ${list}. Choose the one that issued the daemon's certificate with --ca FILE`,
  );
}

/** Appends to the leaf the intermediates that are in other files of the folder. */
export function withIntermediates(cert: PemItem, { certificates }: Inventory): PemItem {
  const item = certificates.find(({ label }) => label === cert.label);
  const leaf = item?.certificates[0];
  if (item === undefined || leaf === undefined) return cert;
  const known = distinct(certificates.flatMap((each) => each.certificates));
  const missing = issuersOf(leaf, known)
    .filter((each) => !isSelfSigned(each))
    .filter((each) => !holds(item, each));
  if (missing.length === 0) return cert;
  const { path: _, ...rest } = cert;
  return { ...rest, pem: [cert.pem, ...missing.map((each) => each.toString())].join("\n") };
}

function together(items: readonly CertificateItem[]): PemItem | undefined {
  const [first] = items;
  if (first === undefined || items.length === 1) return first;
  const { path: _, ...rest } = first;
  const all = distinct(items.flatMap((item) => item.certificates));
  return {
    ...rest,
    label: items.map(({ label }) => label).join(" and "),
    pem: all.map((each) => each.toString()).join(""),
  };
}

/** Fields of one Secret or of one answer belong together, and so do all files of a folder. */
function sameSet(item: PemItem, client: PemItem): boolean {
  return item.group === client.group;
}

function holds({ certificates }: CertificateItem, certificate: X509Certificate): boolean {
  return certificates.some((each) => each.fingerprint256 === certificate.fingerprint256);
}
