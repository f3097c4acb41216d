/** What went wrong, as far as a client of SSH can tell the cases apart. */
export type SshProblemKind =
  | "connectionCut"
  | "notSsh"
  | "handshakeFailed"
  | "hostKeyUnknown"
  | "hostKeyMismatch"
  | "loginFailed"
  | "protocolAbused"
  /** The host did not open a channel, or did not run a command in it. */
  | "refused";

export interface SshProblem {
  readonly kind: SshProblemKind;
  /** Why, without the next step. */
  readonly why: string;
  /** The next step, where what was found allows specific advice. */
  readonly next?: string;
}

export const CONNECTION_CUT: SshProblem = { kind: "connectionCut", why: "the SSH connection was cut" };

/** A problem of SSH in the form of an error, since streams hand on nothing else. */
export class SshFailure extends Error {
  override readonly name = "SshFailure";
  readonly problem: SshProblem;

  constructor(problem: SshProblem, cause?: unknown) {
    super(problem.why, { cause });
    this.problem = problem;
  }
}
