import { advised, type Failure } from "../api/failure.ts";
import type { registryReasons } from "../api/reasons/registry.ts";

export type RegistryReason = keyof typeof registryReasons;

/** With these reasons, the registry cannot be reached or trusted from here. */
export const OUT_OF_REACH: readonly RegistryReason[] = [
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
];

/**
 * Describes what failed and where, with the next step, which by default comes from the table of reasons.
 * @param host has the port, if there is one
 */
export function registryFailure(
  reason: RegistryReason,
  host: string,
  problem: string,
  cause?: unknown,
  next?: string,
): Failure {
  return advised(reason, `Registry ${host}: ${problem}`, cause, next);
}
