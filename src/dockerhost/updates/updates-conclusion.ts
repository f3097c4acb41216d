import type { DockerHostStatus } from "../../api/status.ts";
import type { Requeue } from "../../runtime/requeue.ts";
import type { HostEvent } from "../ports.ts";

export interface CheckConclusion {
  readonly status: DockerHostStatus;
  readonly events: readonly HostEvent[];
  readonly requeue: Requeue;
}
