import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import type { SecretEntries, SecretReader } from "./ports.ts";

/**
 * The reason for a missing Secret, depending on what refers to it: the TLS settings, a registry or the pull Secrets.
 */
type MissingReason = "SecretNotFound" | "RegistrySecretNotFound" | "PullSecretNotFound";

/** The Secret's entries; if the Secret does not exist, the failure says where it should be. */
export async function requireSecret(
  resources: SecretReader,
  namespace: string,
  name: string,
  missing: MissingReason,
  signal: AbortSignal,
): Promise<Outcome<SecretEntries>> {
  const secret = await resources.getSecret(namespace, name, signal);
  if (!secret.ok) return secret;
  if (secret.value !== undefined) return success(secret.value);
  return failure(advised(missing, `Secret "${name}" does not exist in namespace "${namespace}"`));
}
