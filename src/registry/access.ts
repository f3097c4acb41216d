import { createHash } from "node:crypto";
import { registryOrigin } from "./reference.ts";
import type { RegistryCredential } from "./registry-credentials.ts";
import { type RegistryTrust, trustFingerprint } from "./trust.ts";

/** How a registry is accessed: what is trusted, and which credentials are sent. */
export interface RegistryAccess {
  /** Without it, access is anonymous. */
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
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
