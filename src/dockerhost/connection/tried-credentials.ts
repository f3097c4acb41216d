import type { DockerHostStatus, TriedCredentialsStatus } from "../../api/status.ts";

type CredentialsStatus = NonNullable<DockerHostStatus["credentials"]>;

export interface CredentialsSituation {
  /** What the status says of the same endpoint. */
  readonly before: CredentialsStatus | undefined;
  /** Name of the Secret that is read for this endpoint; undefined where none is. */
  readonly secret: string | undefined;
  /** Of what this pass found there; undefined where it did not get so far, or there was nothing to take one of. */
  readonly fingerprint: string | undefined;
  /** Whether the daemon accepted them. */
  readonly accepted: boolean;
  /** RFC 3339. */
  readonly now: string;
}

/** What is told of tried and accepted credentials after a pass; undefined where no Secret is read. */
export function credentialsAfter(situation: CredentialsSituation): CredentialsStatus | undefined {
  const { before, secret, fingerprint, accepted, now } = situation;
  if (secret === undefined) return undefined;
  const current = (known: TriedCredentialsStatus | undefined, isNew: boolean) => {
    // Of another Secret nothing is known: its name is part of what the user meant.
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
 * A failure's words, followed by what changed since the daemon last accepted us: after a bad rotation that is the first
 * thing to know. The text stays the same until the credentials change again.
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

/** Enough to tell two of them apart, and to find them in the status. */
function short({ fingerprint }: TriedCredentialsStatus): string {
  return fingerprint.slice(0, 12);
}
