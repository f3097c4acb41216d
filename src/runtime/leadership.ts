/** Whether this process leads, and which of all leaderships of the Lease this is. Both are asked at the moment of an act. */
export interface Leadership {
  readonly isLeader: boolean;
  /**
   * The Lease's number of transitions since this process leads: a later leader has another number, so what a predecessor does
   * too late can be recognised. It is undefined while this process does not lead.
   */
  readonly transitions: number | undefined;
  /**
   * The uid of the Lease. Its transitions can be compared only with those of the same Lease, because they start at 0 again
   * if somebody deletes it. Undefined without a Lease, and while this process does not lead.
   */
  readonly lease: string | undefined;
}

/** A process that shares its work with no other. */
export const SOLE_LEADER: Leadership = { isLeader: true, transitions: 0, lease: undefined };
