import { advised, type Outcome } from "../api/failure.ts";
import type { DockerHostSpec } from "../api/spec.ts";
import type { Surface } from "../api/surface.ts";
import { failure, success } from "../common/result.ts";
import type { CheckedCredentials } from "../docker/checked-credentials.ts";
import { type CredentialFiles, credentialFile, findCredentials, subject } from "../docker/credential-layout.ts";
import { type Endpoint, usesTls } from "../docker/endpoint.ts";
import type { SecretEntries, SecretReader } from "./ports.ts";
import { requireSecret } from "./secrets.ts";

/** The content of the Secrets for an endpoint before it is checked. */
export type FoundCredentials =
  | { readonly kind: "none" }
  | { readonly kind: "tls"; readonly files: CredentialFiles }
  | {
      readonly kind: "ssh";
      readonly entries: SecretEntries;
      /** How messages refer to the Secret; absent if flags name the files. */
      readonly source: string | undefined;
      readonly hostKeyChecking: NonNullable<DockerHostSpec["ssh"]>["hostKeyChecking"];
    };

interface SecretAccess {
  readonly resources: SecretReader;
  /** Where messages are read; default in objects. */
  readonly surface?: Surface | undefined;
}

/**
 * Reads the Secrets for an endpoint. They are read for each pass, so that a rotation takes effect immediately. Each
 * kind of endpoint has its own credentials, and Secrets of other kinds are not read.
 */
export async function readCredentials(
  spec: DockerHostSpec,
  namespace: string,
  endpoint: Endpoint,
  access: SecretAccess,
  signal: AbortSignal,
): Promise<Outcome<FoundCredentials>> {
  if (endpoint.kind === "ssh" && spec.ssh !== undefined) {
    const { secretRef, hostKeyChecking } = spec.ssh;
    const secret = await requireSecret(access.resources, namespace, secretRef.name, "SecretNotFound", signal);
    if (!secret.ok) return secret;
    return success({ kind: "ssh", entries: secret.value, source: sourceOf(secretRef, access), hostKeyChecking });
  }
  if (!usesTls(endpoint)) return success({ kind: "none" });
  const files = await readCertificates(spec.tls, namespace, access, signal);
  return files.ok ? success({ kind: "tls", files: files.value }) : files;
}

async function readCertificates(
  { certSecretRef, caSecretRef, systemRoots }: DockerHostSpec["tls"],
  namespace: string,
  access: SecretAccess,
  signal: AbortSignal,
): Promise<Outcome<CredentialFiles>> {
  let files: CredentialFiles = {};
  if (certSecretRef !== undefined) {
    const secret = await requireSecret(access.resources, namespace, certSecretRef.name, "SecretNotFound", signal);
    if (!secret.ok) return secret;
    const found = findCredentials(secret.value, certSecretRef.keys ?? {}, sourceOf(certSecretRef, access));
    if (!found.ok) return found;
    files = found.value;
  }
  if (systemRoots) {
    const { ca: _, ...client } = files;
    return success(client);
  }
  if (caSecretRef === undefined) return success(files);
  const secret = await requireSecret(access.resources, namespace, caSecretRef.name, "SecretNotFound", signal);
  if (!secret.ok) return secret;
  const source = sourceOf(caSecretRef, access);
  // Every object has a `constructor`, whatever the Secret holds.
  if (!Object.hasOwn(secret.value, caSecretRef.key)) {
    const next = "Add it, or correct spec.tls.caSecretRef.key.";
    return failure(advised("SecretKeyMissing", `${subject(source)} has no key "${caSecretRef.key}"`, undefined, next));
  }
  return success({ ...files, ca: credentialFile(secret.value, [caSecretRef.key], source) });
}

function sourceOf({ name }: { readonly name: string }, { surface }: SecretAccess): string | undefined {
  return surface === "flags" ? undefined : `Secret "${name}"`;
}

/** Identifies certificates, even unusable ones. The fingerprint of an SSH key is computed when the key is checked. */
export function foundFingerprint(found: FoundCredentials, checked: CheckedCredentials): string | undefined {
  return found.kind === "tls" ? checked.fingerprint(found.files) : undefined;
}

/** Name of the Secret with the credentials for an endpoint; that of the CA if only a CA is read. */
export function credentialsSecret({ tls, ssh }: DockerHostSpec, endpoint: Endpoint): string | undefined {
  if (endpoint.kind === "ssh") return ssh?.secretRef.name;
  if (!usesTls(endpoint)) return undefined;
  return tls.certSecretRef?.name ?? (tls.systemRoots ? undefined : tls.caSecretRef?.name);
}

/** Names of the Secrets that a connection reads. */
export function connectionSecrets(spec: DockerHostSpec): readonly string[] {
  return [...certificateSecrets(spec), ...(spec.ssh === undefined ? [] : [spec.ssh.secretRef.name])];
}

/** The Secrets that TLS uses. */
export function certificateSecrets({ tls }: DockerHostSpec): readonly string[] {
  return [tls.certSecretRef?.name, tls.caSecretRef?.name].filter((name) => name !== undefined);
}
