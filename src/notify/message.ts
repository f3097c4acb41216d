import type { Change } from "../api/changes.ts";

/** A change of an object, as its receiver gets it. */
export interface ReportedChange extends Pick<Change, "change" | "reason" | "message" | "at"> {
  /** It is the same in every message and after every restart, so that a receiver can ignore duplicates. */
  readonly id: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** For a ContainerUpdate: the name of its DockerHost in the same namespace. */
  readonly host?: string | undefined;
  /** For a ContainerUpdate: the name of the container on that host. */
  readonly container?: string | undefined;
}

/** One message to the receiver: everything that changed within a short time. */
export interface Message {
  /** It is derived from the changes, so that each attempt to deliver them has the same id. */
  readonly id: string;
  readonly type: "changes" | "test";
  /** The installation that sends it. */
  readonly from: string;
  /** RFC 3339. */
  readonly at: string;
  /** One line without markup. */
  readonly title: string;
  /** In chronological order. */
  readonly changes: readonly ReportedChange[];
}
