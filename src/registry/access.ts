import { createHash } from "node:crypto";
import type { RegistryCredential } from "./credentials.ts";
import { registryOrigin } from "./reference.ts";
import { type RegistryTrust, trustFingerprint } from "./trust.ts";

/** How a registry is asked: what is trusted and what is shown. */
export interface RegistryAccess {
  /** Absent: anonymously. */
  readonly credential?: RegistryCredential;
  readonly trust: RegistryTrust;
  /** Plain http, which the user must have allowed for this registry. */
  readonly insecure: boolean;
}

/** A repository of a registry, with the means to ask for it. */
export interface RegistryTarget {
  /** As in image names: `docker.io`. */
  readonly domain: string;
  readonly path: string;
  readonly access: RegistryAccess;
  /** The namespace for which it is asked; makes no difference to the answer. */
  readonly owner?: string;
}

/** Equal for equal access. A hash, since it becomes a key of caches and the credential must not. */
export function accessFingerprint(access: RegistryAccess): string {
  return fingerprint(access.insecure ? "http" : "https", trustFingerprint(access.trust), credentialParts(access));
}

/** Where the registry's API is. */
export function originOf({ domain, access }: RegistryTarget): URL {
  return registryOrigin(domain, access.insecure);
}

/** The registry for messages: its host, with the port if any. */
export function hostOf(target: RegistryTarget): string {
  return originOf(target).host;
}

/**
 * Equal for what is asked of the same registry in the same way: its scheme and host, and what is trusted and shown. What
 * was met there in one way, an outage or a limit, says nothing of another: it may have been another server.
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
