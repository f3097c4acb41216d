import type { Change } from "../api/changes.ts";

/** A change of an object, as its receiver gets it. */
export interface ReportedChange extends Pick<Change, "change" | "reason" | "message" | "at"> {
  /** The same in every message and after every restart, so that a receiver can drop a second one. */
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
  /** Follows from the changes, so that each attempt to deliver them has the same. */
  readonly id: string;
  readonly type: "changes" | "test";
  /** Which installation sends it. */
  readonly from: string;
  /** RFC 3339. */
  readonly at: string;
  /** One line without markup. */
  readonly title: string;
  /** In the order of time. */
  readonly changes: readonly ReportedChange[];
}
