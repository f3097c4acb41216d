import { failed, type Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { Resources, SecretEntries } from "./ports.ts";

/** The Secret's entries; a Secret that does not exist is a failure which says where it is looked for. */
export async function requireSecret(
  resources: Resources,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Outcome<SecretEntries>> {
  const secret = await resources.getSecret(namespace, name, signal);
  if (!secret.ok) return secret;
  if (secret.value !== undefined) return success(secret.value);
  return failed(
    "SecretNotFound",
    `Secret "${name}" does not exist in namespace "${namespace}"; create it, it is picked up at once`,
  );
}
