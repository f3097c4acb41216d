import { createHash } from "node:crypto";
import type { ContainerUpdateObject } from "../src/api/container-update.ts";
import type { ContainerUpdateStatus } from "../src/api/container-update-status.ts";
import type { DockerHostObject } from "../src/api/docker-host.ts";
import { API_VERSION } from "../src/api/group.ts";
import { toTimestamp } from "../src/common/clock.ts";

const MINUTE_MS = 60_000;

/** What an example says: minutes since it was created, and how it ended or how far it is. */
interface Example {
  readonly container: string;
  readonly minutes: number;
  readonly phase: NonNullable<ContainerUpdateStatus["phase"]>;
  readonly message: string;
  readonly downtime?: string;
}

const EXAMPLES: readonly Example[] = [
  {
    container: "worker",
    minutes: 1,
    phase: "Verifying",
    message: "The new container has no health check, and must run for 30s without a restart",
  },
  {
    container: "web",
    minutes: 1,
    phase: "Pending",
    message: "Another update of this host is in progress, so this one waits",
  },
  { container: "api", minutes: 48, phase: "Succeeded", message: "", downtime: "1.4s" },
  {
    container: "web",
    minutes: 310,
    phase: "RolledBack",
    message:
      "The old container was put back. The new container exited with code 1 after 2s. Look at its log, correct the image or the settings, and create another ContainerUpdate",
    downtime: "4.2s",
  },
];

/** Updates of a host as a cluster would have them. Without a cluster there are none, so these are examples for the page. */
export function exampleUpdates(host: DockerHostObject | undefined, now: number): readonly ContainerUpdateObject[] {
  if (host === undefined) return [];
  const items = new Map(host.status?.updates?.items?.map((item) => [item.container, item]));
  return EXAMPLES.flatMap(({ container, minutes, phase, message, downtime }, index) => {
    const { image, running, available = running } = items.get(container) ?? {};
    if (image === undefined || running === undefined || available === undefined) return [];
    const [from, to] = digests(phase, running, available);
    const created = now - minutes * MINUTE_MS;
    const hasEnded = phase === "Succeeded" || phase === "RolledBack";
    const ready = { type: "Ready", reason: phase, message, observedGeneration: 1 } as const;
    return {
      apiVersion: API_VERSION,
      kind: "ContainerUpdate",
      metadata: {
        name: `${host.metadata.name}-${container}-${index}`,
        namespace: host.metadata.namespace,
        generation: 1,
        creationTimestamp: toTimestamp(created),
      },
      spec: { hostRef: { name: host.metadata.name }, container, image, digest: to },
      status: {
        phase,
        before: { image, imageID: from, digest: from },
        ...(downtime !== undefined && { downtime }),
        ...(hasEnded && { completionTime: toTimestamp(created + MINUTE_MS) }),
        conditions: [{ ...ready, status: "False", lastTransitionTime: toTimestamp(created) }],
      },
    };
  });
}

/** What the container ran before, and what it is to run: something else than it runs now, where there is nothing newer. */
function digests(phase: Example["phase"], running: string, available: string): readonly [from: string, to: string] {
  const other = `sha256:${createHash("sha256").update(running).digest("hex")}`;
  if (phase === "Succeeded") return [other, running];
  return [running, available === running ? other : available];
}
