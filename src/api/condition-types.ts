/** The condition types of a DockerHost, in the order in which they are shown. */
export const CONDITION_TYPES = [
  "Ready",
  "Reconciling",
  "Stalled",
  "CredentialsValid",
  "Connected",
  "UpdateCheckSucceeded",
  "UpdatesAvailable",
  "CertificateExpiring",
] as const;

export type ConditionType = (typeof CONDITION_TYPES)[number];
