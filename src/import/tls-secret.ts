import type { Reason } from "../api/reasons.ts";
import { certificateBlocks, pemBlocks } from "../common/pem.ts";
import { UsageError } from "../common/usage-error.ts";
import type { CredentialFile } from "../docker/credential-layout.ts";
import { preflight } from "../docker/preflight.ts";
import type { ImportedSecret } from "./imported-host.ts";

/** A CA, certificate or key that was found. */
export interface FoundPem extends CredentialFile {
  /** The file, if the text is a file by itself. */
  readonly path?: string;
}

export interface FoundCredentials {
  readonly ca?: FoundPem;
  readonly cert?: FoundPem;
  readonly key?: FoundPem;
}

/** The names of the entries in the Secret. */
export type SecretLayout = "docker" | "kubernetes";

const NAMES = {
  docker: { ca: "ca.pem", cert: "cert.pem", key: "key.pem" },
  kubernetes: { ca: "ca.crt", cert: "tls.crt", key: "tls.key" },
} as const;

/**
 * Problems of credentials that are intact but that a daemon will refuse. There may be a reason to write them anyway.
 */
const FORCEABLE: readonly Reason[] = [
  "ClientCertificateExpired",
  "ClientCertificateNotYetValid",
  "ClientCertificateUsageInvalid",
];

export interface PreflightOptions {
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Whether to write credentials that a daemon will refuse, with a warning. */
  readonly force: boolean;
}

/**
 * Builds the Secret for these credentials after all checks that need no connection. The Secret contains only the PEM
 * blocks of the files. Throws a UsageError with the next step.
 */
export function tlsSecret(
  given: FoundCredentials,
  layout: SecretLayout,
  { now, force, verified }: PreflightOptions & { readonly verified: boolean },
): { readonly secret?: ImportedSecret; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const found = verified ? given : withoutUselessCa(given, now, warnings);
  const checked = preflight(found, now);
  const refused = checked.ok ? undefined : checked.failure;
  const forceable = refused !== undefined && FORCEABLE.includes(refused.reason);
  if (refused !== undefined && !(forceable && force)) {
    throw new UsageError(`${refused.message}${forceable ? " To write it anyway, use --force." : ""}`);
  }
  if (refused !== undefined) warnings.push(refused.message);
  if (checked.ok) warnings.push(...(checked.value.warnings ?? []));
  const { ca, client } = checked.ok ? checked.value : blocksOf(found);
  const names = NAMES[layout];
  const entries = {
    ...(ca === undefined ? {} : { [names.ca]: ca.join("") }),
    ...(client === undefined ? {} : { [names.cert]: client.cert, [names.key]: client.key }),
  };
  if (Object.keys(entries).length === 0) return { warnings };
  const type = layout === "kubernetes" && client !== undefined ? "kubernetes.io/tls" : "Opaque";
  return { secret: { kind: "tls", type, entries, files: filesOf(found, names, entries) }, warnings };
}

/**
 * Drops an invalid CA if the server is not verified. A valid one is kept, so that verification can be turned on later.
 */
function withoutUselessCa(found: FoundCredentials, now: number, warnings: string[]): FoundCredentials {
  const { ca, ...client } = found;
  const checked = ca === undefined ? undefined : preflight({ ca }, now);
  if (checked === undefined || checked.ok) return found;
  warnings.push(
    `The CA is left out, because it is invalid and not used without verification: ${checked.failure.message}`,
  );
  return client;
}

/**
 * Returns what preflight would have returned: it finds a problem that can be forced only if everything else is valid.
 */
function blocksOf({ ca, cert, key }: FoundCredentials) {
  const privateKey = pemBlocks(key?.pem ?? "").find(({ label }) => label.endsWith("PRIVATE KEY"));
  return {
    ca: ca === undefined ? undefined : certificateBlocks(ca.pem),
    client: { cert: certificateBlocks(cert?.pem ?? "").join(""), key: privateKey?.text ?? "" },
  };
}

/** Finds the files that contain exactly an entry, so that a command can name them. */
function filesOf(
  found: FoundCredentials,
  names: (typeof NAMES)[SecretLayout],
  entries: Readonly<Record<string, string>>,
): Record<string, string> {
  const files: Record<string, string> = {};
  for (const role of ["ca", "cert", "key"] as const) {
    const [name, file] = [names[role], found[role]];
    const text = file?.pem.replaceAll("\r\n", "\n").trimEnd();
    if (file?.path !== undefined && text === entries[name]?.trimEnd()) files[name] = file.path;
  }
  return files;
}
