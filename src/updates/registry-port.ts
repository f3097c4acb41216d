import type { Outcome } from "../api/failure.ts";
import type { RegistryAccess } from "../registry/access.ts";
import type { ImageReference } from "../registry/reference.ts";
import type { RegistryResolver, ResolveOptions } from "../registry/resolver.ts";
import type { CheckRegistry } from "./check.ts";

export interface RegistryPortOptions extends Omit<ResolveOptions, "signal"> {
  readonly resolver: RegistryResolver;
  readonly accessFor: (reference: ImageReference) => Outcome<RegistryAccess>;
}

/** The fleet's resolver, as one host may use it. */
export function registryPort({ resolver, accessFor, ...options }: RegistryPortOptions): CheckRegistry {
  return {
    async resolve(reference, signal) {
      const access = accessFor(reference);
      return access.ok ? resolver.resolve({ reference, ...access.value }, { ...options, signal }) : access;
    },
    async listIndex(reference, digest, signal) {
      const access = accessFor(reference);
      return access.ok ? resolver.listIndex({ reference, ...access.value }, digest, signal) : access;
    },
    isAnonymous(reference) {
      const access = accessFor(reference);
      return access.ok && access.value.credential === undefined;
    },
  };
}
