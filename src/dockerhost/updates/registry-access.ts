import type { Failure } from "../../api/failure.ts";
import type { UpdateCheckSpec } from "../../api/spec.ts";
import { failure, success } from "../../common/result.ts";
import { accessFor, type RegistryRule } from "../../registry/access.ts";
import type { RegistryLogins } from "../../registry/logins.ts";
import { type AuthEntry, parsePullSecret } from "../../registry/registry-credentials.ts";
import { readTrust } from "../../registry/trust.ts";
import type { AccessFor } from "../../updates/registry-port.ts";
import type { SecretReader } from "../ports.ts";
import { requireSecret } from "../secrets.ts";
import type { SentCredentials } from "./sent-credentials.ts";

/**
 * Reads the Secrets of registries and pulls, again for each check. A failure affects only the images that it concerns.
 * @param logins where to look for credentials that no pull Secret has
 * @param sent is given the credentials
 */
export async function resolveRegistryAccess(
  spec: UpdateCheckSpec | undefined,
  namespace: string,
  resources: SecretReader,
  signal: AbortSignal,
  logins?: RegistryLogins,
  sent?: SentCredentials,
): Promise<AccessFor> {
  const registries: RegistryRule[] = [];
  for (const { host, insecure, certSecretRef } of spec?.registries ?? []) {
    if (certSecretRef === undefined) {
      registries.push({ host, insecure });
      continue;
    }
    const secret = await requireSecret(resources, namespace, certSecretRef.name, "RegistrySecretNotFound", signal);
    const trust = secret.ok ? readTrust(certSecretRef.name, secret.value) : secret;
    registries.push({ host, insecure, trust });
  }
  const credentials: AuthEntry[] = [];
  let unusable: Failure | undefined;
  for (const { name } of spec?.imagePullSecrets ?? []) {
    const secret = await requireSecret(resources, namespace, name, "PullSecretNotFound", signal);
    const entries = secret.ok ? parsePullSecret(name, secret.value) : secret;
    if (entries.ok) credentials.push(...entries.value);
    else unusable ??= entries.failure;
  }
  for (const { credential } of credentials) if (credential.ok) sent?.add(credential.value);
  return async (reference, asking) => {
    const access = accessFor({ registries, credentials }, reference);
    if (access.ok && access.value.credential === undefined && logins !== undefined) {
      const login = await logins(reference, asking);
      if (!login.ok) return login;
      if (login.value !== undefined) return success({ ...access.value, credential: login.value });
    }
    // Without the credential in the missing Secret, the registry's answer would be misleading.
    if (access.ok && access.value.credential === undefined && unusable !== undefined) return failure(unusable);
    return access;
  };
}
