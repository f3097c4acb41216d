import type { Verdict } from "../verdict.ts";

/** What SSH itself shows to be wrong, judged where it is known best. */
export class SshFailure extends Error {
  override readonly name = "SshFailure";
  readonly verdict: Verdict;

  constructor(verdict: Verdict, cause?: unknown) {
    super(verdict.why, { cause });
    this.verdict = verdict;
  }
}
