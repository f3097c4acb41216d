import { UsageError } from "../common/usage-error.ts";
import {
  belongsTo,
  type CertificateItem,
  type Inventory,
  isAuthority,
  type KeyItem,
  leafOf,
  mayBeClient,
  type PemItem,
} from "./inventory.ts";

export interface ClientPair {
  readonly cert: PemItem;
  readonly key: PemItem;
}

/** Names that identify the purpose of a file. */
const LAYOUTS = [
  { cert: "cert.pem", key: "key.pem" },
  { cert: "tls.crt", key: "tls.key" },
  { cert: "certificate", key: "private_key" },
] as const;

/**
 * Chooses the client's certificate and key. Returns undefined if the folder contains none, and throws a UsageError if
 * it contains several.
 */
export function choosePair(inventory: Inventory, folder: string): ClientPair | undefined {
  const named = distinctPairs(LAYOUTS.flatMap((layout) => pairsByName(inventory, layout)));
  if (named.length === 1) return named[0];
  const pairs = named.length > 1 ? named : distinctPairs(pairsByContent(inventory));
  const clients = pairs.filter(({ cert }) => isForClients(inventory, cert));
  const [first, ...others] = clients.length > 0 ? clients : pairs;
  if (others.length > 0) {
    const list = (clients.length > 0 ? clients : pairs).map(({ cert, key }) => `${cert.label} with ${key.label}`);
    throw new UsageError(
      `${folder} contains several certificates with their keys: ${list.join("; ")}. Choose one with --cert FILE --key FILE`,
    );
  }
  return first ?? pairByElimination(inventory);
}

/** Finds the private keys of CAs, which should not be stored next to those of a client. */
export function authorityKeys({ certificates, keys }: Inventory): readonly KeyItem[] {
  const authorities = certificates.flatMap((item) => item.certificates).filter((certificate) => certificate.ca);
  return keys.filter(
    (key) => authorities.some((certificate) => belongsTo(key, certificate)) || /^ca[-_.]?key\b/i.test(key.name),
  );
}

/** Does not check whether the pair fits: if it does not, the later check has a precise message. */
function pairsByName({ items }: Inventory, names: (typeof LAYOUTS)[number]): ClientPair[] {
  return items
    .filter(({ name }) => withoutEnding(name) === names.cert)
    .flatMap((cert) => {
      const key = items.find(({ name, group }) => withoutEnding(name) === names.key && group === cert.group);
      return key === undefined ? [] : [{ cert, key }];
    });
}

/** Removes an extension from Vault's names: its fields are often saved as certificate.pem and private_key.pem. */
function withoutEnding(name: string): string {
  return /^(certificate|private_key)\.(pem|crt|key|txt)$/.test(name) ? name.replace(/\..*$/, "") : name;
}

function pairsByContent({ certificates, keys }: Inventory): ClientPair[] {
  return certificates
    .filter((item) => leafOf(item)?.ca === false)
    .flatMap((cert) => {
      const key = keys.find((each) => belongsTo(each, leafOf(cert)));
      return key === undefined ? [] : [{ cert, key }];
    });
}

/**
 * Pairs the only certificate with the only key even if the key cannot be read: the message about the key helps most.
 */
function pairByElimination(inventory: Inventory): ClientPair | undefined {
  const leaves = inventory.certificates.filter((item) => !isAuthority(item) && isForClients(inventory, item));
  const theirs = authorityKeys(inventory);
  const keys = inventory.keys.filter((key) => !theirs.includes(key));
  const [cert, key] = [leaves[0], keys[0]];
  return leaves.length === 1 && keys.length === 1 && cert !== undefined && key !== undefined
    ? { cert, key }
    : undefined;
}

function isForClients({ certificates }: Inventory, cert: PemItem): boolean {
  const leaf = certificates.find(({ label }) => label === cert.label)?.certificates[0];
  return leaf !== undefined && mayBeClient(leaf);
}

/**
 * The same certificate can have two names, or be present with and without its chain. Keeps the longest text of each.
 */
function distinctPairs(pairs: readonly ClientPair[]): readonly ClientPair[] {
  const found = new Map<string, ClientPair>();
  for (const pair of pairs) {
    const id = fingerprintOf(pair.cert);
    const known = found.get(id);
    if (known === undefined || pair.cert.pem.length > known.cert.pem.length) found.set(id, pair);
  }
  return [...found.values()];
}

function fingerprintOf(item: PemItem & Partial<CertificateItem>): string {
  return /-----BEGIN CERTIFICATE-----([^-]*)/.exec(item.pem)?.[1]?.replace(/\s/g, "") ?? item.label;
}
