import type { CertificateParts } from "./certificate-parts.ts";

const ANY_POLICY = "551d2000";

/**
 * Whether a chain, from its leaf to the trusted certificate, names a policy if one of its CAs requires it: RFC 5280,
 * 6.1, for a client that accepts any policy. If a policy is required, mapped policies are refused; they are very rare.
 */
export function policiesHold(chain: readonly CertificateParts[]): boolean {
  const below = chain.slice(0, -1);
  let [explicit, inhibitAny] = [chain.length, chain.length];
  // undefined means every policy.
  let valid: ReadonlySet<string> | undefined;
  let isRenamed = false;
  for (const [depth, { extensions, issuer, subject }] of [...below.entries()].reverse()) {
    const { policies = [], mappedPolicies = [], requireExplicitPolicy, inhibitAnyPolicy } = extensions;
    const isSelfIssued = issuer.equals(subject);
    const takesAny = policies.includes(ANY_POLICY) && (inhibitAny > 0 || (depth > 0 && isSelfIssued));
    if (!takesAny) valid = new Set(policies.filter((each) => each !== ANY_POLICY && valid?.has(each) !== false));
    if (explicit === 0 && policies.length === 0) return false;
    if (depth === 0) {
      if (explicit > 0) explicit--;
      if (requireExplicitPolicy === 0) explicit = 0;
      continue;
    }
    if (mappedPolicies.includes(ANY_POLICY)) return false;
    isRenamed ||= mappedPolicies.length > 0;
    if (!isSelfIssued) [explicit, inhibitAny] = [Math.max(0, explicit - 1), Math.max(0, inhibitAny - 1)];
    explicit = Math.min(explicit, requireExplicitPolicy ?? explicit);
    inhibitAny = Math.min(inhibitAny, inhibitAnyPolicy ?? inhibitAny);
  }
  return explicit > 0 || below.length === 0 || (valid?.size !== 0 && !isRenamed);
}
