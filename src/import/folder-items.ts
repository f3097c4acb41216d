import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { readBoundedFile } from "../common/read-file.ts";
import { UsageError } from "../common/usage-error.ts";
import { readManifests } from "../files/manifests.ts";
import type { PemItem } from "./inventory.ts";
import { describeReadError, MAX_PEM_BYTES } from "./read-files.ts";

const MAX_FILES = 256;

/** The output of `vault write -format=json`, only its `.data`, or the output of cfssl. */
const Issued = z.object({
  certificate: z.string().optional(),
  private_key: z.string().optional(),
  issuing_ca: z.string().optional(),
  ca_chain: z.union([z.array(z.string()), z.string()]).nullish(),
  cert: z.string().optional(),
  key: z.string().optional(),
});
const IssuedDocument = z.union([
  z.object({ data: Issued.refine((data) => data.certificate !== undefined) }).transform(({ data }) => data),
  z.object({ result: Issued.refine((data) => data.certificate !== undefined) }).transform(({ result }) => result),
  Issued.refine((data) => data.certificate !== undefined || data.cert !== undefined),
]);

export interface FolderContents {
  readonly items: readonly PemItem[];
  /** Files that may be certificates in an unsupported format. */
  readonly otherForms: readonly string[];
  /** Files with well-known names that contain no PEM: the name, and what the file contains instead. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** The names of Docker and Kubernetes, and those of step for its root. */
const WELL_KNOWN = /^((ca|cert|key)\.pem|ca\.crt|tls\.(crt|key)|root[_-]ca\.(crt|pem))$/;

/**
 * Finds every text with PEM in the files of a folder (without subfolders), including those in Secrets and JSON answers.
 */
export async function readFolder(folder: string, signal: AbortSignal): Promise<FolderContents> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new UsageError(`${folder} cannot be read: ${describeReadError(error)}`);
  });
  if (names.length > MAX_FILES)
    throw new UsageError(
      `${folder} contains more than ${MAX_FILES} files; use a folder that contains only the certificates`,
    );
  const items: PemItem[] = [];
  const otherForms: string[] = [];
  const unreadable = new Map<string, string>();
  for (const name of names.sort()) {
    const path = join(folder, name);
    const bytes = await readSmallFile(path, signal);
    if (bytes === undefined) {
      if (WELL_KNOWN.test(name)) unreadable.set(name, "is too large or cannot be read");
      continue;
    }
    const found = itemsOf(path, name, folder, bytes.toString("utf8"));
    items.push(...found);
    if (found.length === 0 && WELL_KNOWN.test(name)) unreadable.set(name, insteadOfPem(bytes));
    if (found.length === 0 && /\.(p12|pfx|der|cer|crt|jks)$/i.test(name)) otherForms.push(name);
  }
  return { items, otherForms, unreadable };
}

/** Returns undefined for a file that is not regular, too large or unreadable: a folder can contain anything. */
async function readSmallFile(path: string, signal: AbortSignal): Promise<Buffer | undefined> {
  try {
    if (!(await stat(path)).isFile()) return undefined;
    return await readBoundedFile(path, MAX_PEM_BYTES, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Says what a file contains instead of PEM, and how to convert it. */
function insteadOfPem(bytes: Buffer): string {
  if (bytes.length === 0) return "is empty";
  const [first = 0, second = 0] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || bytes.subarray(0, 64).includes(0)) {
    if (first === 0x30) return DER;
    return "is text in UTF-16; save it as UTF-8, for example with iconv -f UTF-16 -t UTF-8";
  }
  return first === 0x30 && second >= 0x80 ? DER : "contains no PEM block: no line begins with -----BEGIN";
}

const DER = "is in DER form; convert it to PEM, for example with openssl x509 -inform DER or openssl pkey -inform DER";

function itemsOf(path: string, name: string, folder: string, text: string): readonly PemItem[] {
  if (/\.(ya?ml|json)$/i.test(name) || /^\s*\{/.test(text)) {
    const inner = [...secretItems(path, text), ...issuedItems(path, text)];
    if (inner.length > 0) return inner;
  }
  return text.includes("-----BEGIN ") ? [{ label: path, path, name, group: folder, pem: text }] : [];
}

/** Finds the entries of each Secret in a manifest, such as those of cert-manager. */
function secretItems(path: string, text: string): PemItem[] {
  if (!/\bSecret\b/.test(text)) return [];
  const manifests = readManifests(text);
  if (!manifests.ok) return [];
  return manifests.value.secrets.flatMap(({ key, entries }) =>
    Object.entries(entries)
      .filter(([, pem]) => pem.includes("-----BEGIN "))
      .map(([name, pem]) => ({
        label: `${JSON.stringify(name)} of Secret ${key} in ${path}`,
        name,
        group: `${path} ${key}`,
        pem,
      })),
  );
}

function issuedItems(path: string, text: string): PemItem[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return [];
  }
  const parsed = IssuedDocument.safeParse(json);
  if (!parsed.success) return [];
  const { certificate, private_key, issuing_ca, ca_chain, cert, key } = parsed.data;
  const fields = {
    certificate: certificate ?? cert,
    private_key: private_key ?? key,
    issuing_ca,
    ca_chain: typeof ca_chain === "string" ? ca_chain : ca_chain?.join("\n"),
  };
  return Object.entries(fields).flatMap(([name, pem]) =>
    pem?.includes("-----BEGIN ") === true ? [{ label: `${name} of ${path}`, name, group: path, pem }] : [],
  );
}
