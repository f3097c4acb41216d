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
  InvalidSelection: {
    condition: "UpdateCheckSucceeded",
    outcome: "stalled",
    retry: "interval",
    meaning:
      "A pattern in spec.updateCheck is not a valid regular expression, or is too large, so it is not known which containers it means.",
    cause:
      "A pattern that is not equal to a name is read as an RE2 expression: `*` by itself is not valid, `.*` is. Repetitions make a pattern as large as they may repeat.",
    fix: "Correct the pattern that the message names; docs/updates.md has examples and limits.",
  },
  InvalidSchedule: {
    condition: "UpdateCheckSucceeded",
    outcome: "stalled",
    retry: "interval",
    meaning: "spec.updateCheck.schedule or timeZone does not say when to check.",
    cause: "The schedule is no cron expression of five fields, or its day never comes, or the time zone is unknown.",
    fix: "Write a schedule like 0 4 * * *, and a time zone of the IANA's like Europe/Berlin.",
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
  TooManyTags: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The registry has more tags of an image than are read, and none of those that were read is newer.",
    cause: "Every build is pushed under a tag of its own, and none is ever removed.",
    fix: "Remove old tags from the repository, or leave the image out of spec.updateCheck.tags.",
  },
  DistributionUnavailable: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The daemon cannot be asked what a registry has, as spec.updateCheck.resolveFrom wants.",
    cause: "A socket proxy denies /distribution, or the engine is Podman, which has no such part.",
    fix: "Allow it at the proxy (Tecnativa: DISTRIBUTION=1), or set spec.updateCheck.resolveFrom to Operator.",
  },
  RegistryCredentialsWithheld: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The pull credentials were not sent to the daemon, since others could read them on the way.",
    cause:
      "The daemon is to ask the registry, and the connection to it is plaintext or its other side is not verified.",
    fix: "Verify the daemon (tls.verify, or hostKeyChecking Strict with SSH), or set spec.updateCheck.resolveFrom to Operator.",
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
    meaning:
      "At least one container runs an outdated image, or an older one than its tag names on the host, or there is a newer tag that spec.updateCheck.tags asks for.",
    cause:
      "The image's tag was moved in the registry, or was pulled on the host since the container was created, or a newer version was pushed.",
    fix: "Pull the image on the host where it is outdated, and create the container again, from the newer tag where that is wanted.",
  },
  CheckIncomplete: {
    condition: "UpdatesAvailable",
    outcome: "failed",
    retry: "backoff",
    meaning: "No update was seen, but not every container could be checked, or newer tags could not be looked for.",
    cause:
      "The condition UpdateCheckSucceeded says what failed; where nothing did, a rule in spec.updateCheck.tags does not read the tag that a container runs.",
    fix: "Follow the message of UpdateCheckSucceeded, or correct the rule that the item's message names.",
  },
} as const satisfies Record<string, ReasonEntry>;
