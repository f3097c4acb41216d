import { failed, type Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import { type CredentialFiles, findCredentials } from "../../docker/credential-layout.ts";
import { preflight, type TlsCredentials } from "../../docker/preflight.ts";
import type { Resources } from "../ports.ts";
import { requireSecret } from "../secrets.ts";

/**
 * Reads and judges the credentials of a TLS endpoint. Secrets are read anew each time, so that a rotation is used at once.
 * @param now wall-clock milliseconds
 */
export async function resolveTlsCredentials(
  spec: DockerHostSpec,
  namespace: string,
  resources: Resources,
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
    // Objects have a `constructor`, whatever the Secret holds.
    const pem = Object.hasOwn(secret.value, caSecretRef.key) ? secret.value[caSecretRef.key] : undefined;
    const source = `Secret "${caSecretRef.name}"`;
    if (pem === undefined) {
      return failed(
        "SecretKeyMissing",
        `${source} has no key "${caSecretRef.key}"; add it or correct spec.tls.caSecretRef.key`,
      );
    }
    files = { ...files, ca: { label: `"${caSecretRef.key}" of ${source}`, pem } };
  }
  return preflight(files, now);
}

/** Names of the Secrets that a connection reads. */
export function connectionSecrets(spec: DockerHostSpec): readonly string[] {
  const { certSecretRef, caSecretRef } = spec.tls;
  return [certSecretRef?.name, caSecretRef?.name].filter((name) => name !== undefined);
}
