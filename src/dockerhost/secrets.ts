import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import type { SecretEntries, SecretReader } from "./ports.ts";

/** What a missing Secret is told as, by what names it: the TLS settings, a registry or the pull Secrets. */
type MissingReason = "SecretNotFound" | "RegistrySecretNotFound" | "PullSecretNotFound";

/** The Secret's entries; a Secret that does not exist is a failure which says where it is looked for. */
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
