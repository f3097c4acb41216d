import type { ReasonEntry } from "./entry.ts";

const update = { kind: "ContainerUpdate", condition: "Ready" } as const;
const event = { ...update, outcome: "ok", retry: "none" } as const;
const blocked = { ...update, outcome: "stalled", retry: "none" } as const;
const waiting = { ...update, outcome: "waiting", retry: "none" } as const;

/** How far a ContainerUpdate is, and what it waits for. */
export const containerUpdateReasons = {
  UpdateSucceeded: {
    ...event,
    meaning: "The container runs the digest of the spec.",
    cause: "All is well.",
    fix: "Nothing to do.",
  },
  PullingImage: {
    ...event,
    meaning: "The image is pulled, and the old container runs as before.",
    cause: "The update has begun.",
    fix: "Wait until it has ended.",
  },
  ReplacingContainer: {
    ...event,
    meaning: "The new container is created, the old one is stopped and renamed, and the new one is started.",
    cause: "The image is on the host.",
    fix: "Wait until it has ended.",
  },
  VerifyingContainer: {
    ...event,
    meaning: "The new container runs and has to prove itself. The old one is kept.",
    cause: "The new container was started.",
    fix: "Wait until spec.health.timeout or spec.health.stableFor has passed.",
  },
  UpdatesDisabled: {
    ...blocked,
    meaning: "This controller carries out no updates.",
    cause: "It runs without --updates; in the chart, updates.enabled is false.",
    fix: "Set updates.enabled to true in the chart's values, or update with `dockerhost update`.",
  },
  UpdatesNotAllowed: {
    ...blocked,
    meaning: "The DockerHost does not allow updates.",
    cause: "Its spec.allowUpdates is not true, which is the default.",
    fix: "Set spec.allowUpdates of the DockerHost to true.",
  },
  HostNotFound: {
    ...waiting,
    meaning: "There is no DockerHost with the name in spec.hostRef in this namespace.",
    cause: "It was not created yet, was deleted, or has another name.",
    fix: "Create the DockerHost, or create an update with the right name.",
  },
  HostSuspended: {
    ...waiting,
    meaning: "The DockerHost is suspended.",
    cause: "A user suspended it.",
    fix: "Set spec.suspend of the DockerHost to false.",
  },
  HostNotConnected: {
    ...waiting,
    meaning: "The DockerHost is not connected.",
    cause: "The condition Connected of the DockerHost is not True.",
    fix: "The conditions of the DockerHost say why; the update begins once it is connected.",
  },
} as const satisfies Record<string, ReasonEntry>;
