import type { Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { RegistryAccess } from "./access.ts";
import { type AuthEntry, findCredential } from "./credentials.ts";
import { type ImageReference, normalizeRegistry } from "./reference.ts";
import { type RegistryTrust, SYSTEM_TRUST } from "./trust.ts";

/** How one registry is reached, where it is not as usual. */
export interface RegistryRule {
  /** As in image names. */
  readonly host: string;
  /** Absent: the system's roots. A failure strikes only the images of this registry. */
  readonly trust?: Outcome<RegistryTrust>;
  readonly insecure: boolean;
}

/** What a host's update check may trust and show, by image. */
export interface AccessRules {
  readonly registries: readonly RegistryRule[];
  /** Of all pull Secrets, in their order. */
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
