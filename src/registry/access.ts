import { hash } from "node:crypto";
import type { Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import { type ImageReference, normalizeRegistry, registryOrigin } from "./reference.ts";
import { type AuthEntry, findCredential, type RegistryCredential } from "./registry-credentials.ts";
import { type RegistryTrust, SYSTEM_TRUST, trustFingerprint } from "./trust.ts";

/** How a registry is accessed: what is trusted, and which credentials are sent. */
export interface RegistryAccess {
  /** If it is absent, access is anonymous. */
  readonly credential?: RegistryCredential;
  readonly trust: RegistryTrust;
  /** Whether plain http is used, which the user must have allowed for this registry. */
  readonly insecure: boolean;
}

/** A repository of a registry, with everything that a request for it needs. */
export interface RegistryTarget {
  /** The registry's name, as in image names: `docker.io`. */
  readonly domain: string;
  readonly path: string;
  readonly access: RegistryAccess;
  /** The namespace for which the request is made; it does not affect the answer. */
  readonly owner?: string;
}

/** How one registry is reached, if it differs from the default. */
export interface RegistryRule {
  /** The registry's name, as in image names. */
  readonly host: string;
  /** If it is absent, the system's roots are trusted. A failure affects only the images of this registry. */
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

/** Equal for equal access. It is a hash because it becomes a key of caches, which must not contain the credential. */
export function accessFingerprint(access: RegistryAccess): string {
  return fingerprint(access.insecure ? "http" : "https", trustFingerprint(access.trust), credentialParts(access));
}

/** The address of the registry's API. */
export function originOf({ domain, access }: RegistryTarget): URL {
  return registryOrigin(domain, access.insecure);
}

/** The registry for messages: its host, with the port if there is one. */
export function hostOf(target: RegistryTarget): string {
  return originOf(target).host;
}

/**
 * Equal for requests that reach the same registry in the same way: scheme and host, what is trusted, and which
 * credentials are sent. An outage or a limit that was met in one way says nothing about another way, which may have led
 * to another server.
 */
export function wayOf(target: RegistryTarget): string {
  return `${originOf(target).origin} ${accessFingerprint(target.access)}`;
}

/** Equal for the same account, whatever is trusted. */
export function accountFingerprint(access: RegistryAccess): string {
  return fingerprint(credentialParts(access));
}

function credentialParts({ credential }: RegistryAccess): string {
  return credential === undefined ? "anonymous" : JSON.stringify(Object.entries(credential).sort());
}

function fingerprint(...parts: readonly string[]): string {
  return hash("sha256", JSON.stringify(parts), "hex");
}
