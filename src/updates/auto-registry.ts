import type { Outcome } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { failure } from "../common/result.ts";
import type { CheckRegistry } from "./check-containers.ts";

/** With these reasons, the registry cannot be reached or trusted from here, but the host may reach it. */
const OUT_OF_REACH: ReadonlySet<Reason> = new Set<Reason>([
  "RegistryUnreachable",
  "RegistryTimedOut",
  "RegistryNameResolutionFailed",
  "RegistryDenied",
  "RegistryCertificateUntrusted",
  "RegistryCertificateExpired",
  "RegistryCertificateNotYetValid",
  "RegistryCertificateInvalid",
  "RegistryNameMismatch",
  "RegistryClientCertificateRequired",
  "RegistryClientCertificateRejected",
  "RegistryTLSFailed",
  "RegistryNotTLS",
  "RegistryRequiresTLS",
]);

/**
 * The operator asks first, and the host only if the operator cannot reach the registry. Any answer from the registry
 * counts.
 */
export function autoRegistry(operator: CheckRegistry, host: Pick<CheckRegistry, "resolve" | "holds">): CheckRegistry {
  return {
    ...operator,
    resolve: async (reference, signal) =>
      orElse(await operator.resolve(reference, signal), () => host.resolve(reference, signal)),
    holds: async (reference, digest, signal) =>
      orElse(await operator.holds(reference, digest, signal), () => host.holds(reference, digest, signal)),
  };
}

async function orElse<T>(answer: Outcome<T>, askHost: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  if (answer.ok || !OUT_OF_REACH.has(answer.failure.reason)) return answer;
  const second = await askHost();
  if (second.ok) return second;
  const { message, ...first } = answer.failure;
  return failure({ ...first, message: `${message} The host could not say either: ${second.failure.message}` });
}
