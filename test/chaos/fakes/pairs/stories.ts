import type { ContainerUpdateSpec } from "../../../../src/api/container-update-spec.ts";
import { BAD, GOOD, SICK } from "../../../support/memory-images.ts";

/** An update, and how it ends if nothing happens. */
export interface Story {
  readonly name: string;
  readonly digest: string;
  readonly ends: "Succeeded" | "RolledBack" | "Kept";
  readonly policy?: string;
  readonly spec?: Partial<ContainerUpdateSpec>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Whether a container shares its network, and another one is restarted after it. */
  readonly withOthers?: true;
  /** With an old API, every further network is connected by a request of its own. */
  readonly withNetworks?: true;
  readonly isStopped?: true;
  readonly store?: "graph driver";
}

const HOOKS = {
  "dockerhost.dev/lifecycle.pre-update": "pre",
  "dockerhost.dev/lifecycle.post-update": "post",
};

export const STORIES: readonly Story[] = [
  { name: "an update", digest: GOOD, ends: "Succeeded" },
  { name: "a rollback", digest: BAD, ends: "RolledBack", store: "graph driver" },
  {
    name: "an update of a container that is restarted on failure",
    digest: GOOD,
    ends: "Succeeded",
    policy: "on-failure",
  },
  {
    name: "a rollback of an unhealthy one, restarted unless stopped",
    digest: SICK,
    ends: "RolledBack",
    policy: "unless-stopped",
  },
  { name: "an update with three networks", digest: GOOD, ends: "Succeeded", withNetworks: true },
  { name: "a rollback with three networks", digest: BAD, ends: "RolledBack", withNetworks: true },
  { name: "an update with dependants", digest: GOOD, ends: "Succeeded", withOthers: true },
  { name: "a rollback with dependants", digest: SICK, ends: "RolledBack", withOthers: true },
  {
    name: "an update of a stopped container",
    digest: GOOD,
    ends: "Succeeded",
    policy: "unless-stopped",
    isStopped: true,
  },
  { name: "a failed update whose container is kept", digest: BAD, ends: "Kept", spec: { onFailure: "Keep" } },
  {
    name: "an update with hooks that removes the old image",
    digest: GOOD,
    ends: "Succeeded",
    spec: { hooks: "Labels", removeOldImage: true },
    labels: HOOKS,
  },
];
