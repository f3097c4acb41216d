/** The condition types of each kind, in the order in which they are shown. */
export const CONDITION_TYPES_OF = {
  DockerHost: [
    "Ready",
    "Reconciling",
    "Stalled",
    "CredentialsValid",
    "Connected",
    "UpdateCheckSucceeded",
    "UpdatesAvailable",
    "CertificateExpiring",
  ],
  ContainerUpdate: ["Ready", "Reconciling", "Stalled"],
} as const;

/** The kinds of this product. */
export type KindName = keyof typeof CONDITION_TYPES_OF;

/** The condition types of one kind; without a kind, of all. */
export type ConditionType<K extends KindName = KindName> = (typeof CONDITION_TYPES_OF)[K][number];

/** The condition types of all kinds, each once. */
export const CONDITION_TYPES: readonly ConditionType[] = [...new Set(Object.values(CONDITION_TYPES_OF).flat())];
