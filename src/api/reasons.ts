import { connectionReasons } from "./reasons/connection.ts";
import { containerUpdateReasons } from "./reasons/container-update.ts";
import { credentialReasons } from "./reasons/credentials.ts";
import type { ReasonEntry } from "./reasons/entry.ts";
import { lifecycleReasons } from "./reasons/lifecycle.ts";
import { registryReasons } from "./reasons/registry.ts";
import { replacementReasons } from "./reasons/replacement.ts";
import { updateReasons } from "./reasons/updates.ts";

/** The one table of reasons: conditions, events, metrics and docs all take their words from here. */
export const reasons = {
  ...lifecycleReasons,
  ...credentialReasons,
  ...connectionReasons,
  ...registryReasons,
  ...updateReasons,
  ...containerUpdateReasons,
  ...replacementReasons,
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof reasons;

export function reasonEntry(reason: Reason): ReasonEntry {
  return reasons[reason];
}
