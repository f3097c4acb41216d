import type { Reason } from "../api/reasons.ts";
import { certificateBlocks, pemBlocks } from "../common/pem.ts";
import { UsageError } from "../common/usage-error.ts";
import type { CredentialFile } from "../docker/credential-layout.ts";
import { preflight } from "../docker/preflight.ts";
import type { SecretDraft } from "./draft.ts";

/** One of CA, certificate and key as it was found. */
export interface FoundPem extends CredentialFile {
  /** The file that holds it, where it is a file by itself. */
  readonly path?: string;
}

export interface FoundCredentials {
  readonly ca?: FoundPem;
  readonly cert?: FoundPem;
  readonly key?: FoundPem;
}

/** Under which names the Secret has them. */
export type SecretLayout = "docker" | "kubernetes";

const NAMES = {
  docker: { ca: "ca.pem", cert: "cert.pem", key: "key.pem" },
  kubernetes: { ca: "ca.crt", cert: "tls.crt", key: "tls.key" },
} as const;

/** Sound in themselves, but a daemon will refuse them: there may be a reason to write them all the same. */
const FORCEABLE: readonly Reason[] = [
  "ClientCertificateExpired",
  "ClientCertificateNotYetValid",
  "ClientCertificateUsageInvalid",
];

export interface JudgeOptions {
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Write what a daemon will refuse; with a warning. */
  readonly force: boolean;
}

/**
 * The Secret for these credentials, after everything that can be known wrong without a connection was looked for.
 * It holds the PEM blocks alone, whatever else stood in the files. Throws UsageError with the next step.
 */
export function tlsSecret(
  given: FoundCredentials,
  layout: SecretLayout,
  { now, force, verified }: JudgeOptions & { readonly verified: boolean },
): { readonly secret?: SecretDraft; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const found = verified ? given : withoutUselessCa(given, now, warnings);
  const judged = preflight(found, now);
  const refused = judged.ok ? undefined : judged.failure;
  const forceable = refused !== undefined && FORCEABLE.includes(refused.reason);
  if (refused !== undefined && !(forceable && force)) {
    throw new UsageError(`${refused.message}${forceable ? " To write it all the same: --force." : ""}`);
  }
  if (refused !== undefined) warnings.push(refused.message);
  if (judged.ok) warnings.push(...(judged.value.warnings ?? []));
  const { ca, client } = judged.ok ? judged.value : blocksOf(found);
  const names = NAMES[layout];
  const entries = {
    ...(ca === undefined ? {} : { [names.ca]: ca.join("") }),
    ...(client === undefined ? {} : { [names.cert]: client.cert, [names.key]: client.key }),
  };
  if (Object.keys(entries).length === 0) return { warnings };
  const type = layout === "kubernetes" && client !== undefined ? "kubernetes.io/tls" : "Opaque";
  return { secret: { kind: "tls", type, entries, files: filesOf(found, names, entries) }, warnings };
}

/** Nobody looks at the CA where the server is not verified; it is taken along for the day on which it is. */
function withoutUselessCa(found: FoundCredentials, now: number, warnings: string[]): FoundCredentials {
  const { ca, ...client } = found;
  const judged = ca === undefined ? undefined : preflight({ ca }, now);
  if (judged === undefined || judged.ok) return found;
  warnings.push(`The CA is left out, as it is not used without verification: ${judged.failure.message}`);
  return client;
}

/** What preflight would have given: what can be forced is only judged when all else is in order. */
function blocksOf({ ca, cert, key }: FoundCredentials) {
  const privateKey = pemBlocks(key?.pem ?? "").find(({ label }) => label.endsWith("PRIVATE KEY"));
  return {
    ca: ca === undefined ? undefined : certificateBlocks(ca.pem),
    client: { cert: certificateBlocks(cert?.pem ?? "").join(""), key: privateKey?.text ?? "" },
  };
}

/** Where a file holds an entry and nothing else, it can be named in its place. */
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
