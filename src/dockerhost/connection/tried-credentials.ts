import type { DockerHostStatus, TriedCredentialsStatus } from "../../api/status.ts";

type CredentialsStatus = NonNullable<DockerHostStatus["credentials"]>;

export interface CredentialsSituation {
  /** What the status contains about the same endpoint. */
  readonly before: CredentialsStatus | undefined;
  /** Name of the Secret that is read for this endpoint; undefined if none is. */
  readonly secret: string | undefined;
  /**
   * The fingerprint of what this pass found there; undefined if it did not get that far, or found no certificate or
   * key.
   */
  readonly fingerprint: string | undefined;
  /** Whether the daemon accepted them. */
  readonly accepted: boolean;
  /** In RFC 3339. */
  readonly now: string;
}

/** Returns what the status shows about tried and accepted credentials after a pass; undefined if no Secret is read. */
export function credentialsAfter(situation: CredentialsSituation): CredentialsStatus | undefined {
  const { before, secret, fingerprint, accepted, now } = situation;
  if (secret === undefined) return undefined;
  const current = (known: TriedCredentialsStatus | undefined, isNew: boolean) => {
    // Nothing is known about another Secret, because its name is part of the user's settings.
    const kept = known?.secret === secret ? known : undefined;
    if (!isNew || fingerprint === undefined || kept?.fingerprint === fingerprint) return kept;
    return { secret, fingerprint, since: now };
  };
  const tried = current(before?.tried, true);
  const good = current(before?.good, accepted);
  if (tried === undefined && good === undefined) return undefined;
  return { ...(tried === undefined ? {} : { tried }), ...(good === undefined ? {} : { good }) };
}

/**
 * Adds to a failure's message what changed since the daemon last accepted the credentials, because that is the most
 * useful fact after a bad rotation. The text stays the same until the credentials change again.
 */
export function withRotation<T extends { readonly message: string }>(
  failure: T,
  credentials: CredentialsStatus | undefined,
): T {
  const { tried, good } = credentials ?? {};
  if (tried === undefined || good === undefined || tried.fingerprint === good.fingerprint) return failure;
  const note = `The credentials in Secret "${tried.secret}" changed at ${tried.since} to ${short(tried)}; the daemon last accepted ${short(good)}.`;
  return { ...failure, message: `${failure.message.replace(/[.\s]+$/, "")}. ${note}` };
}

/** Enough to distinguish two of them and to find them in the status. */
function short({ fingerprint }: TriedCredentialsStatus): string {
  return fingerprint.slice(0, 12);
}
