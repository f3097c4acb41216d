import type { Outcome } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { failure } from "../common/result.ts";
import type { CheckRegistry } from "./check.ts";

/** What shows that a registry cannot be reached or trusted from here, and may well be from the host. */
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

/** The operator asks, and the host where the registry is out of reach. A registry that answers, whatever it says, is not. */
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
