import type { Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { RegistryAccess } from "./access.ts";
import { type ImageReference, normalizeRegistry } from "./reference.ts";
import { type AuthEntry, findCredential } from "./registry-credentials.ts";
import { type RegistryTrust, SYSTEM_TRUST } from "./trust.ts";

/** How one registry is reached, if it differs from the default. */
export interface RegistryRule {
  /** The registry's name, as in image names. */
  readonly host: string;
  /** Without it, the system's roots are trusted. A failure affects only the images of this registry. */
  readonly trust?: Outcome<RegistryTrust>;
  readonly insecure: boolean;
}

/** What the update check of a host may trust and which credentials it may send, for each image. */
export interface AccessRules {
  readonly registries: readonly RegistryRule[];
  /** The credentials of all pull Secrets, in the order of the Secrets. */
  readonly credentials: readonly AuthEntry[];
}

export function accessFor(rules: AccessRules, reference: ImageReference): Outcome<RegistryAccess> {
  const domain = normalizeRegistry(reference.domain);
  const rule = rules.registries.find(({ host }) => normalizeRegistry(host) === domain);
  const trust = rule?.trust ?? success(SYSTEM_TRUST);
  if (!trust.ok) return trust;
  const credential = findCredential(rules.credentials, reference);
  if (credential?.ok === false) return credential;
  return success({
    trust: trust.value,
    insecure: rule?.insecure ?? false,
    ...(credential !== undefined && { credential: credential.value }),
  });
}
