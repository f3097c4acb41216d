import type { Failure } from "../api/failure.ts";
import type { SeenDigestStatus, VERDICTS } from "../api/status.ts";
import type { RegistryAnswer } from "../registry/resolver.ts";
import type { NewerTag, UnreadTag } from "./newer-tag.ts";
import type { ExclusionRule } from "./selection.ts";

/** An image that a registry had in place of a running one; `at` is in RFC 3339. */
export type SeenDigest = Readonly<SeenDigestStatus>;

export type Verdict = (typeof VERDICTS)[number];

/** Who asked the registry: this program, or the daemon on its behalf. */
export type Answerer = "Operator" | "Host";

export interface TagAnswer extends RegistryAnswer {
  readonly answeredBy: Answerer;
}

/** The result for one container. */
export interface Judgement {
  readonly verdict: Verdict;
  /** The digests of the image. */
  readonly running?: string;
  readonly available?: string;
  /** Who reported what is available. */
  readonly answeredBy?: Answerer;
  /** Set only with `Excluded`. */
  readonly rule?: ExclusionRule;
  /** Explains the verdict and what can be done. */
  readonly message?: string;
  /** Set only with `Failed`. */
  readonly failure?: Failure;
  /** May be set with any verdict. */
  readonly newerTag?: NewerTag;
  /** Why the tags could not be listed. */
  readonly tagFailure?: Failure;
  /** The tag that the rule for newer tags cannot read, and an explanation for people. */
  readonly unreadTag?: UnreadTag;
  /** Since when an update is known. */
  readonly seen?: SeenDigest;
  /** Set only with `Failed`: when the update was last seen, in RFC 3339. */
  readonly firstSeen?: string;
  /** Set only with `TooYoung`: when it becomes an update, in wall-clock milliseconds. */
  readonly countsFrom?: number;
}
