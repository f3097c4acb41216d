import type { UpdateItemStatus } from "../api/status.ts";
import type { Tone } from "./parts.ts";

type Verdict = UpdateItemStatus["verdict"];

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  UpToDate: "Up to date",
  Outdated: "Outdated",
  RestartPending: "Restart pending",
  Pinned: "Pinned",
  LocalImage: "Local image",
  Excluded: "Excluded",
  TooYoung: "Too young",
  Failed: "Check failed",
};

export const VERDICT_TONES: Readonly<Record<Verdict, Tone>> = {
  UpToDate: "good",
  Outdated: "info",
  RestartPending: "info",
  Pinned: "quiet",
  LocalImage: "quiet",
  Excluded: "quiet",
  TooYoung: "quiet",
  Failed: "warn",
};

/** Why a container has its verdict, if the check gives no message of its own. */
export const VERDICT_REASONS: Readonly<Record<Verdict, string>> = {
  UpToDate: "It runs what the registry has for its tag.",
  Outdated: "The registry has another image for its tag.",
  RestartPending: "The newer image was pulled, but the container still runs the old one.",
  Pinned: "Its image is pinned by digest, so there is nothing to compare.",
  LocalImage: "Its image was built on the host and is not in a registry.",
  Excluded: "The selection excludes it.",
  TooYoung: "The update has not been seen for long enough.",
  Failed: "It is not known whether there is an update.",
};
