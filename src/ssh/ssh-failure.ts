/** What went wrong, as far as an SSH client can distinguish the cases. */
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
  /** Why it happened, without the next step. */
  readonly why: string;
  /** The next step, if the cause allows specific advice. */
  readonly next?: string;
}

export const CONNECTION_CUT: SshProblem = { kind: "connectionCut", why: "the SSH connection was cut" };

/** An SSH problem in the form of an error, because streams pass on nothing else. */
export class SshFailure extends Error {
  override readonly name = "SshFailure";
  readonly problem: SshProblem;

  constructor(problem: SshProblem, cause?: unknown) {
    super(problem.why, { cause });
    this.problem = problem;
  }
}
