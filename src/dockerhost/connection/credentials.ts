import { failed, type Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import { certificatesFingerprint } from "../../docker/credential-fingerprint.ts";
import { type CredentialFiles, credentialFile, findCredentials } from "../../docker/credential-layout.ts";
import { type Endpoint, usesTls } from "../../docker/endpoint.ts";
import { preflight, type TlsCredentials } from "../../docker/preflight.ts";
import { preflightSsh } from "../../docker/ssh-credentials.ts";
import type { SshCredentials } from "../../ssh/ssh-connection.ts";
import type { SecretReader } from "../ports.ts";
import { requireSecret } from "../secrets.ts";

interface CredentialsAccess {
  readonly resources: SecretReader;
  readonly onCredentials?: (fingerprint: string) => void;
}

/**
 * Reads and judges the credentials of a TLS endpoint. Secrets are read anew each time, so that a rotation is used at once.
 * @param now wall-clock milliseconds
 */
export async function resolveTlsCredentials(
  spec: DockerHostSpec,
  namespace: string,
  { resources, onCredentials }: CredentialsAccess,
  now: number,
  signal: AbortSignal,
): Promise<Outcome<TlsCredentials>> {
  const { certSecretRef, caSecretRef, systemRoots } = spec.tls;
  let files: CredentialFiles = {};
  if (certSecretRef !== undefined) {
    const secret = await requireSecret(resources, namespace, certSecretRef.name, "SecretNotFound", signal);
    if (!secret.ok) return secret;
    const found = findCredentials(secret.value, certSecretRef.keys ?? {}, `Secret "${certSecretRef.name}"`);
    if (!found.ok) return found;
    files = found.value;
  }
  if (systemRoots) {
    const { ca: _, ...client } = files;
    files = client;
  } else if (caSecretRef !== undefined) {
    const secret = await requireSecret(resources, namespace, caSecretRef.name, "SecretNotFound", signal);
    if (!secret.ok) return secret;
    const source = `Secret "${caSecretRef.name}"`;
    // Objects have a `constructor`, whatever the Secret holds.
    if (!Object.hasOwn(secret.value, caSecretRef.key)) {
      return failed(
        "SecretKeyMissing",
        `${source} has no key "${caSecretRef.key}"; add it or correct spec.tls.caSecretRef.key`,
      );
    }
    files = { ...files, ca: credentialFile(secret.value, [caSecretRef.key], source) };
  }
  const fingerprint = onCredentials === undefined ? undefined : certificatesFingerprint(files);
  if (fingerprint !== undefined) onCredentials?.(fingerprint);
  return preflight(files, now);
}

/** Reads and judges the credentials of an SSH endpoint, anew each time. The Secrets for TLS are not looked at. */
export async function resolveSshCredentials(
  { secretRef, hostKeyChecking }: NonNullable<DockerHostSpec["ssh"]>,
  namespace: string,
  { resources, onCredentials }: CredentialsAccess,
  signal: AbortSignal,
): Promise<Outcome<SshCredentials>> {
  const secret = await requireSecret(resources, namespace, secretRef.name, "SecretNotFound", signal);
  if (!secret.ok) return secret;
  const credentials = preflightSsh(secret.value, hostKeyChecking, `Secret "${secretRef.name}"`);
  if (credentials.ok) onCredentials?.(credentials.value.key.publicKeyFingerprint);
  return credentials;
}

/** Name of the Secret that the credentials for an endpoint come from; of the CA's, where only that is read. */
export function credentialsSecret({ tls, ssh }: DockerHostSpec, endpoint: Endpoint): string | undefined {
  if (endpoint.kind === "ssh") return ssh?.secretRef.name;
  if (!usesTls(endpoint)) return undefined;
  return tls.certSecretRef?.name ?? (tls.systemRoots ? undefined : tls.caSecretRef?.name);
}

/** Names of the Secrets that a connection reads. */
export function connectionSecrets(spec: DockerHostSpec): readonly string[] {
  return [...certificateSecrets(spec), ...(spec.ssh === undefined ? [] : [spec.ssh.secretRef.name])];
}

/** Those of them that are for TLS. */
export function certificateSecrets({ tls }: DockerHostSpec): readonly string[] {
  return [tls.certSecretRef?.name, tls.caSecretRef?.name].filter((name) => name !== undefined);
}
