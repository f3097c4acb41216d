import type { ReasonEntry } from "./entry.ts";

const update = { kind: "ContainerUpdate", condition: "Ready" } as const;
const refused = { ...update, outcome: "stalled", retry: "never" } as const;
const failed = { ...update, outcome: "failed", retry: "never" } as const;
const waiting = { ...update, outcome: "failed", retry: "backoff" } as const;

/** Why a container is not replaced, or why the new one did not stay. */
export const replacementReasons = {
  ContainerNotFound: {
    ...refused,
    meaning: "The host has no container with this name.",
    cause: "The name is wrong, or the container was removed.",
    fix: "Correct the name, or create the container first.",
  },
  ContainerAutoRemoved: {
    ...refused,
    meaning: "The container cannot be replaced safely, because Docker removes it as soon as it stops.",
    cause: "It was created with `--rm`, so nothing would be left to go back to.",
    fix: "Create the container without `--rm`, and with a restart policy if it must keep running.",
  },
  ContainerPaused: {
    ...refused,
    meaning: "The container is paused.",
    cause: "Somebody paused it; a paused container cannot be stopped and started as it was.",
    fix: "Run `docker unpause` on the host, then update again.",
  },
  ContainerInTransition: {
    ...refused,
    meaning: "The container is changing its state, so the daemon does not accept a change.",
    cause: "It is being removed, the daemon could not remove it, or it restarts in a loop.",
    fix: "Wait until it is removed or runs, or remove it with `docker rm -f` and create it again.",
  },
  SwarmManaged: {
    ...refused,
    meaning: "The container is a task of a Swarm service.",
    cause: "Swarm creates and replaces its tasks itself.",
    fix: "Run `docker service update --image` on a Swarm manager.",
  },
  CarriesConnection: {
    ...refused,
    meaning: "The container carries the connection to its own daemon.",
    cause: "It is the socket proxy or the VPN that the requests go through, so the update would cut itself off.",
    fix: "Update this container on the host itself.",
  },
  EngineUnsupported: {
    ...refused,
    meaning: "Containers of this engine are not replaced.",
    cause: "The engine is not Docker, or it does not run Linux containers: it is not proved that a container survives.",
    fix: "Update the container with the tools of this engine.",
  },
  CannotCarryOver: {
    ...refused,
    meaning: "The container has a setting that cannot be carried over to a new one.",
    cause: "The message names the setting and why the daemon would not accept it again.",
    fix: "Create the container again by hand, without this setting or with its present form.",
  },
  UpdateSuperseded: {
    ...refused,
    meaning: "The container is no longer the one that the update was made for.",
    cause: "Somebody removed, renamed, stopped, replaced or updated it after the update was created.",
    fix: "Check the container, and create a new update if it is still outdated.",
    fixByFlags: "Check the container, and run the command again if it is still outdated.",
  },
  UpdateCancelled: {
    ...refused,
    meaning: "The update was cancelled, and the container runs as before.",
    cause: "Somebody set spec.cancel, or interrupted the command.",
    fix: "Create a new update to try again.",
    fixByFlags: "Run the command again to try again.",
  },
  DaemonBusy: {
    ...waiting,
    meaning: "Another update is in progress on the same daemon.",
    cause: "Another controller, another resource for the same daemon or a command is replacing a container there.",
    fix: "Wait until that update has finished. If the program that began it will not return, finish or undo it with `dockerhost update --take-over`.",
    fixByFlags:
      "Wait until that update has finished. If the program that began it will not return, run the command with --take-over.",
  },
  LeadershipLost: {
    ...waiting,
    meaning: "The program may no longer change this host, so it stopped in the middle of an update.",
    cause: "Another instance of the controller has become the leader, or has taken over this update.",
    fix: "Nothing needs to be done: the leader finishes or undoes the update.",
    fixByFlags: "Nothing needs to be done: the program that has taken over finishes or undoes the update.",
  },
  UpdateInterrupted: {
    ...waiting,
    meaning: "The daemon could not be reached in the middle of an update.",
    cause: "The connection was lost, and did not come back in time.",
    fix: "Restore the connection to the host: the update is then finished or undone.",
    fixByFlags: "Restore the connection, and run the command again: it first finishes or undoes the update.",
  },
  UpdateUndone: {
    ...waiting,
    meaning: "An update that was interrupted before the new container had its name was undone.",
    cause: "The program that carried it out ended in the middle.",
    fix: "Nothing needs to be done: the container runs as before, and the update can start again.",
  },
  ImageNotPulled: {
    ...failed,
    meaning: "The daemon could not pull the image.",
    cause: "The message has the daemon's words.",
    fix: "Pull the image on the host with `docker pull` to find out why it fails.",
  },
  HostDiskFull: {
    ...failed,
    meaning: "The disk of the Docker host is full.",
    cause: "The daemon reports that no space is left on the device, or that a quota is used up.",
    fix: "Free disk space on the host, for example with `docker image prune`.",
  },
  ContainerNameTaken: {
    ...failed,
    meaning: "Another container has a name that the update needs.",
    cause: "Somebody created a container with this name in the meantime.",
    fix: "Rename or remove the other container, then update again.",
  },
  ContainerRejected: {
    ...failed,
    meaning: "The daemon refused to create the new container.",
    cause: "The message has the daemon's words.",
    fix: "Correct what the daemon refuses, for example a device or network that no longer exists.",
  },
  ContainerStartFailed: {
    ...failed,
    meaning: "The new container could not be started.",
    cause: "Its command is missing in the new image, or a port, address or device is in use.",
    fix: "Find out with `docker run` why the new image does not start, then update to a corrected image.",
  },
  ContainerStopFailed: {
    ...failed,
    meaning: "The container could not be stopped.",
    cause: "Its process does not end, or the daemon does not stop it within its stop timeout.",
    fix: "Stop the container on the host to find out why, then update again.",
  },
  ContainerExited: {
    ...failed,
    meaning: "The new container ended soon after its start.",
    cause: "Its process ended; the message has the exit code.",
    fix: "Read the logs of a container of the new image, then update to a corrected image.",
  },
  ContainerRestarting: {
    ...failed,
    meaning: "The new container restarts again and again.",
    cause: "Its process ends soon after each start; the message has the last exit code.",
    fix: "Read the logs of a container of the new image, then update to a corrected image.",
  },
  ContainerOutOfMemory: {
    ...failed,
    meaning: "The new container was killed, because it used more memory than it may.",
    cause: "The new image needs more memory than the container's limit, or the host has none left.",
    fix: "Raise the memory limit of the container, then update again.",
  },
  ContainerUnhealthy: {
    ...failed,
    meaning: "The health check of the new container failed until the end of spec.health.timeout.",
    cause: "The new image does not work with this configuration, or its health check is wrong.",
    fix: "Find out with a container of the new image why its health check fails.",
  },
  HealthCheckTimedOut: {
    ...failed,
    meaning: "The new container did not become healthy within spec.health.timeout.",
    cause: "It takes longer to start, or its health check never ends.",
    fix: "Raise spec.health.timeout, or find out why the container does not become healthy.",
    fixByFlags: "Find out why the container does not become healthy, or allow it more time with --health-timeout.",
  },
  ImageMismatch: {
    ...failed,
    meaning: "The new container does not run the digest that was asked for.",
    cause: "Somebody moved the tag on the host during the update.",
    fix: "Update again, and find out what else pulls or tags images on the host.",
  },
  HookFailed: {
    ...failed,
    meaning: "A lifecycle hook of the container failed.",
    cause: "The command in its label ended with an error or took too long; the message has the exit code.",
    fix: "Correct the command in the container's label, or set spec.hooks to Disabled.",
    fixByFlags: "Correct the command in the container's label, or leave out --hooks.",
  },
  HookSkipped: {
    ...failed,
    meaning: "The container's pre-update hook asked to skip this update.",
    cause: "The command in its label ended with exit code 75.",
    fix: "Update again when the container allows it.",
  },
  RollbackFailed: {
    ...failed,
    meaning: "The update failed, and the container could not be put back as it was.",
    cause: "The message says what prevents it, and which containers are left on the host.",
    fix: "List both with `docker ps --all`. Rename the old container to its name and start it, or repair the new one if the old one is gone.",
  },
} as const satisfies Record<string, ReasonEntry>;
