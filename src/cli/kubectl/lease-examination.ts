import { type Clock, sleep } from "../../common/clock.ts";
import { startDeadline } from "../../common/deadline.ts";
import type { ObjectKey } from "../../runtime/kube-object.ts";
import type { Lease, LeaseLock } from "../../runtime/leader-election/lease.ts";
import type { Finding } from "./finding.ts";

/** Leaders renew every two seconds by default. */
const PAUSE_MS = 1_000;

export interface LeaseExamination {
  readonly lock: Pick<LeaseLock, "read">;
  readonly lease: ObjectKey;
  /** How long to wait for a leader, which a new installation does not have immediately. */
  readonly waitMs: number;
  readonly clock: Clock;
}

/**
 * Waits until the leader renews a Lease. Only a renewal while we look proves that the leader lives: the times in a Lease
 * are those of another machine's clock.
 */
export async function examineLease(examination: LeaseExamination, signal: AbortSignal): Promise<Finding> {
  const { lock, lease, waitMs, clock } = examination;
  const name = `${lease.namespace}/${lease.name}`;
  using deadline = startDeadline(signal, "the examination of a Lease", waitMs, clock);
  let before: Lease | undefined;
  let trouble = "";
  while (!deadline.signal.aborted) {
    const read = await lock.read(deadline.signal);
    if (read.ok) {
      const holder = read.value.spec?.holderIdentity;
      if (holder && isRenewed(before, read.value))
        return { level: "ok", message: `${holder} leads with Lease ${name}` };
      trouble = holder ? `its holder ${holder} does not renew it` : "nobody holds it";
      before = read.value;
    } else if (!deadline.signal.aborted) {
      trouble = read.failure.message;
    }
    await sleep(clock, PAUSE_MS, deadline.signal);
  }
  signal.throwIfAborted();
  return {
    level: "problem",
    message: `No controller leads with Lease ${name}: ${trouble || "the API server does not answer"}`,
    advice: "Check that the pods of the release are running, and read their log.",
  };
}

function isRenewed(before: Lease | undefined, after: Lease): boolean {
  return (
    before?.spec?.holderIdentity === after.spec?.holderIdentity && before?.spec?.renewTime !== after.spec?.renewTime
  );
}
