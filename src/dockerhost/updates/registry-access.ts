import { type Failure, failed, type Outcome } from "../../api/failure.ts";
import type { UpdateCheckSpec } from "../../api/spec.ts";
import { success } from "../../common/result.ts";
import type { RegistryAccess } from "../../registry/access.ts";
import { accessFor, type RegistryRule } from "../../registry/access-rules.ts";
import { type AuthEntry, parsePullSecret } from "../../registry/credentials.ts";
import type { ImageReference } from "../../registry/reference.ts";
import { type RegistryTrust, readTrust } from "../../registry/trust.ts";
import type { Resources } from "../ports.ts";

/** How one host's check may ask for an image: a failure strikes only the images that it concerns. */
export type AccessFor = (reference: ImageReference) => Outcome<RegistryAccess>;

/** Reads the Secrets of registries and pulls, anew for each check. */
export async function resolveRegistryAccess(
  spec: UpdateCheckSpec | undefined,
  namespace: string,
  resources: Resources,
  signal: AbortSignal,
): Promise<AccessFor> {
  const registries: RegistryRule[] = [];
  for (const { host, insecure, certSecretRef } of spec?.registries ?? []) {
    const trust =
      certSecretRef === undefined ? {} : { trust: await trustOf(certSecretRef.name, namespace, resources, signal) };
    registries.push({ host, insecure, ...trust });
  }
  const credentials: AuthEntry[] = [];
  let unusable: Failure | undefined;
  for (const { name } of spec?.imagePullSecrets ?? []) {
    const entries = await pullSecret(name, namespace, resources, signal);
    if (entries.ok) credentials.push(...entries.value);
    else unusable ??= entries.failure;
  }
  return (reference) => {
    const access = accessFor({ registries, credentials }, reference);
    // Asked without the credential that the missing Secret may hold, the registry would give a misleading answer.
    if (access.ok && access.value.credential === undefined && unusable !== undefined)
      return { ok: false, failure: unusable };
    return access;
  };
}

async function trustOf(
  name: string,
  namespace: string,
  resources: Resources,
  signal: AbortSignal,
): Promise<Outcome<RegistryTrust>> {
  const secret = await resources.getSecret(namespace, name, signal);
  if (!secret.ok) return secret;
  if (secret.value === undefined)
    return failed("RegistrySecretNotFound", missing(name, namespace, "spec.updateCheck.registries"));
  return readTrust(name, secret.value);
}

async function pullSecret(
  name: string,
  namespace: string,
  resources: Resources,
  signal: AbortSignal,
): Promise<Outcome<readonly AuthEntry[]>> {
  const secret = await resources.getSecret(namespace, name, signal);
  if (!secret.ok) return secret;
  if (secret.value === undefined)
    return failed("PullSecretNotFound", missing(name, namespace, "spec.updateCheck.imagePullSecrets"));
  const parsed = parsePullSecret(name, secret.value);
  return parsed.ok ? success(parsed.value) : parsed;
}

function missing(name: string, namespace: string, field: string): string {
  return `Secret "${name}" does not exist in namespace "${namespace}"; create it, or remove it from ${field}`;
}
