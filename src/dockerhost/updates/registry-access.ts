import type { Failure, Outcome } from "../../api/failure.ts";
import type { UpdateCheckSpec } from "../../api/spec.ts";
import { failure } from "../../common/result.ts";
import type { RegistryAccess } from "../../registry/access.ts";
import { accessFor, type RegistryRule } from "../../registry/access-rules.ts";
import { type AuthEntry, parsePullSecret } from "../../registry/credentials.ts";
import type { ImageReference } from "../../registry/reference.ts";
import { readTrust } from "../../registry/trust.ts";
import type { SecretReader } from "../ports.ts";
import { requireSecret } from "../secrets.ts";

/** How one host's check may ask for an image: a failure strikes only the images that it concerns. */
export type AccessFor = (reference: ImageReference) => Outcome<RegistryAccess>;

/** Reads the Secrets of registries and pulls, anew for each check. */
export async function resolveRegistryAccess(
  spec: UpdateCheckSpec | undefined,
  namespace: string,
  resources: SecretReader,
  signal: AbortSignal,
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
  return (reference) => {
    const access = accessFor({ registries, credentials }, reference);
    // Asked without the credential that the missing Secret may hold, the registry would give a misleading answer.
    if (access.ok && access.value.credential === undefined && unusable !== undefined) return failure(unusable);
    return access;
  };
}
