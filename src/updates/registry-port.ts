import type { Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { RegistryAccess } from "../registry/access.ts";
import type { ImageReference } from "../registry/reference.ts";
import type { RegistryResolver, RegistryTags, ResolveOptions } from "../registry/resolver.ts";
import type { CheckRegistry } from "./check-containers.ts";

/** What a host's check may ask about an image. Rejects only with the reason of the signal. */
export type AccessFor = (
  reference: ImageReference,
  signal: AbortSignal,
) => Outcome<RegistryAccess> | Promise<Outcome<RegistryAccess>>;

export interface RegistryPortOptions extends Omit<ResolveOptions, "signal"> {
  readonly resolver: RegistryResolver;
  /** The namespace of the host. */
  readonly owner?: string;
  readonly accessFor: AccessFor;
}

export interface RegistryPort extends CheckRegistry {
  /** The tags of the reference's repository. Rejects only with the reason of the signal. */
  listTags(reference: ImageReference, signal: AbortSignal): Promise<Outcome<RegistryTags>>;
}

/** The fleet's resolver, limited to what one host may use. */
export function registryPort({ resolver, accessFor, owner = "", ...options }: RegistryPortOptions): RegistryPort {
  return {
    async resolve(reference, signal, notBefore) {
      const access = await accessFor(reference, signal);
      if (!access.ok) return access;
      const answer = await resolver.resolve(
        { reference, owner, ...access.value },
        { ...options, ...(notBefore !== undefined && { notBefore }), signal },
      );
      return answer.ok ? success({ ...answer.value, answeredBy: "Operator" }) : answer;
    },
    async openManifest(reference, digest, signal) {
      const access = await accessFor(reference, signal);
      if (!access.ok) return access;
      return await resolver.openManifest({ reference, owner, ...access.value }, digest, { ...options, signal });
    },
    async holds(reference, digest, signal) {
      const access = await accessFor(reference, signal);
      return access.ok ? resolver.holds({ reference, owner, ...access.value }, digest, { ...options, signal }) : access;
    },
    async listTags(reference, signal) {
      const access = await accessFor(reference, signal);
      return access.ok ? resolver.listTags({ reference, owner, ...access.value }, { ...options, signal }) : access;
    },
    async isAnonymous(reference, signal) {
      const access = await accessFor(reference, signal);
      return access.ok && access.value.credential === undefined;
    },
  };
}
