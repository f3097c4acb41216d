import type { Failure } from "../api/failure.ts";
import type { SeenDigestStatus, VERDICTS } from "../api/status.ts";
import type { RegistryAnswer } from "../registry/resolver.ts";
import type { NewerTag, UnreadTag } from "./newer-tag.ts";
import type { ExclusionRule } from "./selection.ts";

/** An image that a registry was seen to have instead of one that runs. `at`: RFC 3339. */
export type SeenDigest = Readonly<SeenDigestStatus>;

export type Verdict = (typeof VERDICTS)[number];

/** Who asked the registry: this program, or the daemon on its behalf. */
export type Answerer = "Operator" | "Host";

export interface TagAnswer extends RegistryAnswer {
  readonly answeredBy: Answerer;
}

/** What is said of one container. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Digests. */
  readonly running?: string;
  readonly available?: string;
  /** Who told what is available. */
  readonly answeredBy?: Answerer;
  /** Only with `Excluded`. */
  readonly rule?: ExclusionRule;
  /** Why the verdict is what it is, and what can be done. */
  readonly message?: string;
  /** Only with `Failed`. */
  readonly failure?: Failure;
  /** Whatever the verdict. */
  readonly newerTag?: NewerTag;
  /** Why the tags could not be listed. */
  readonly tagFailure?: Failure;
  /** The tag that the rule for newer tags does not read, and the same for people. */
  readonly unreadTag?: UnreadTag;
  /** With an update: since when it is known. */
  readonly seen?: SeenDigest;
  /** Only with `Failed`, of an update that was seen before: RFC 3339. */
  readonly firstSeen?: string;
  /** Only with `TooYoung`: when it becomes an update, in wall-clock milliseconds. */
  readonly countsFrom?: number;
}
