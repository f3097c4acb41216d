import { failed, type Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";

/** The three files of a TLS connection to Docker, as PEM text. */
export interface CredentialFiles {
  readonly ca?: CredentialFile;
  readonly cert?: CredentialFile;
  readonly key?: CredentialFile;
}

export interface CredentialFile {
  /** What to call it in a message, for example `"tls.crt" of Secret "edge-7-tls"`. */
  readonly label: string;
  readonly pem: string;
}

/** Other names than the usual ones. */
export interface KeyNames {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The usual names, in order of precedence: Docker's own, then those of kubernetes.io/tls and cert-manager. */
const LAYOUTS = [
  { ca: "ca.pem", cert: "cert.pem", key: "key.pem" },
  { ca: "ca.crt", cert: "tls.crt", key: "tls.key" },
] as const;

type Role = "ca" | "cert" | "key";

/**
 * Finds the CA, certificate and key among the entries of a Secret or a folder. A name that the caller maps must
 * exist; a usual name that is missing is simply not there.
 * @param source for messages, for example `Secret "edge-7-tls"`
 */
export function findCredentials(
  entries: Readonly<Record<string, string>>,
  names: KeyNames,
  source: string,
): Outcome<CredentialFiles> {
  const files: Partial<Record<Role, CredentialFile>> = {};
  // One layout for certificate and key: they must not be mixed from two.
  const pair = LAYOUTS.find((layout) => Object.hasOwn(entries, layout.cert) || Object.hasOwn(entries, layout.key));
  for (const role of ["ca", "cert", "key"] as const) {
    const mapped = names[role];
    const usual = role === "ca" ? LAYOUTS.find((layout) => Object.hasOwn(entries, layout.ca))?.ca : pair?.[role];
    const name = mapped ?? usual;
    const pem = name !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (mapped !== undefined && pem === undefined) {
      return failed(
        "SecretKeyMissing",
        `${source} has no key "${mapped}"; add it or correct the name in spec.tls.certSecretRef.keys`,
      );
    }
    if (name !== undefined && pem !== undefined) files[role] = { label: `"${name}" of ${source}`, pem };
  }
  if (files.cert === undefined && files.key !== undefined) {
    return incomplete(source, pair?.cert, "private key", "client certificate");
  }
  if (files.key === undefined && files.cert !== undefined) {
    return incomplete(source, pair?.key, "client certificate", "private key");
  }
  if (files.ca === undefined && files.cert === undefined) {
    return failed(
      "SecretKeyMissing",
      `${source} has none of the keys ca.pem, cert.pem and key.pem or ca.crt, tls.crt and tls.key; add them or map their names in spec.tls.certSecretRef.keys`,
    );
  }
  return success(files);
}

function incomplete(source: string, missing: string | undefined, has: string, lacks: string) {
  const add = missing === undefined ? "add it" : `add it as "${missing}"`;
  return failed(
    "ClientKeyPairIncomplete",
    `${source} has a ${has} but no ${lacks}; ${add} or map its name in spec.tls.certSecretRef.keys`,
  );
}
