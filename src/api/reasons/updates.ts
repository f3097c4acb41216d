import type { ReasonEntry } from "./entry.ts";

/** What an update check as a whole, or one container's part of it, can come to. */
export const updateReasons = {
  CheckSucceeded: {
    condition: "UpdateCheckSucceeded",
    outcome: "ok",
    retry: "interval",
    meaning: "The last check answered for every container.",
    cause: "All is well.",
    fix: "Nothing needs to be done.",
  },
  PartiallyFailed: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "backoff",
    meaning: "Some containers could not be checked; the others were.",
    cause: "The items with verdict Failed in status.updates.items say why.",
    fix: "Follow the message of each failed item.",
  },
  CheckTimedOut: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "backoff",
    meaning: "The check was not finished within spec.updateCheck.timeout.",
    cause: "A registry is slow, or there is more to check than fits into the time.",
    fix: "Raise spec.updateCheck.timeout, or find out why the registry is slow.",
  },
  InvalidReference: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The container's image is not a name that a registry could be asked for.",
    cause: "The daemon reports an image name outside the grammar of image references.",
    fix: "Create the container again from an image name like registry.example.com/team/app:1.2.",
  },
  ImageMissing: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The daemon does not list the image that the container runs, so its digest is unknown.",
    cause: "The image was removed by force while the container was running.",
    fix: "Pull the image and create the container again.",
  },
  UpToDate: {
    condition: "UpdatesAvailable",
    outcome: "ok",
    retry: "interval",
    meaning: "No checked container has an update.",
    cause: "All is well.",
    fix: "Nothing needs to be done.",
  },
  UpdatesFound: {
    condition: "UpdatesAvailable",
    outcome: "ok",
    retry: "interval",
    meaning: "At least one container runs an outdated image, or an older one than its tag names on the host.",
    cause: "The image's tag was moved in the registry, or was pulled on the host since the container was created.",
    fix: "Pull the image on the host where it is outdated, and create the container again.",
  },
  CheckIncomplete: {
    condition: "UpdatesAvailable",
    outcome: "failed",
    retry: "backoff",
    meaning: "No update was seen, but not every container could be checked.",
    cause: "The condition UpdateCheckSucceeded says what failed.",
    fix: "Follow the message of UpdateCheckSucceeded.",
  },
} as const satisfies Record<string, ReasonEntry>;
