import type { ReasonEntry } from "./entry.ts";

/** The results of an update check, or of its part for one container. */
export const updateReasons = {
  CheckSucceeded: {
    condition: "UpdateCheckSucceeded",
    outcome: "ok",
    retry: "interval",
    meaning: "The last check succeeded for every container.",
    cause: "All is well.",
    fix: "Nothing needs to be done.",
  },
  PartiallyFailed: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "items",
    meaning: "Some containers could not be checked; all others were.",
    cause: "The items with verdict Failed in status.updates.items have the details.",
    fix: "Follow the advice in the message of each failed item.",
  },
  CheckTimedOut: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "backoff",
    meaning: "The check was not finished within spec.updateCheck.timeout.",
    cause: "A registry is slow, or the host has more images than can be checked in that time.",
    fix: "Raise spec.updateCheck.timeout, or find out why the registry is slow.",
    fixByFlags: "Find out why the registry is slow, or allow more time with --timeout.",
  },
  InvalidSelection: {
    condition: "UpdateCheckSucceeded",
    outcome: "stalled",
    retry: "interval",
    meaning:
      "A pattern in spec.updateCheck is not a valid regular expression, or is too large, so it cannot select containers.",
    cause:
      "Patterns are RE2 expressions: `*` by itself is not valid, `.*` is. A repetition counts as often as it may repeat.",
    fix: "Correct the pattern; docs/updates.md has examples and limits.",
  },
  InvalidSchedule: {
    condition: "UpdateCheckSucceeded",
    outcome: "stalled",
    retry: "interval",
    meaning: "spec.updateCheck.schedule or timeZone is not valid.",
    cause:
      "The schedule is not a cron expression of five fields, it names a day that never occurs, or the time zone is unknown.",
    fix: "Use a schedule like 0 4 * * *, and an IANA time zone like Europe/Berlin.",
  },
  InvalidReference: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The container's image name is not a valid reference, so no registry can be asked.",
    cause: "The daemon reports an image name that does not match the grammar of image references.",
    fix: "Create the container again from an image name like registry.example.com/team/app:1.2.",
  },
  ImageMissing: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The daemon does not list the image that the container runs, so its digest is unknown.",
    cause: "The image was removed with --force while the container was running.",
    fix: "Pull the image and create the container again.",
  },
  TooManyTags: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The registry has more tags for an image than are read, and none of the tags read is newer.",
    cause: "Every build is pushed with its own tag, and old tags are never removed.",
    fix: "Remove old tags from the repository, or remove the image from spec.updateCheck.tags.",
  },
  DistributionUnavailable: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The daemon cannot query a registry, which spec.updateCheck.resolveFrom requires.",
    cause: "A socket proxy denies /distribution, or the engine is Podman, which does not have this endpoint.",
    fix: "Allow /distribution in the proxy (Tecnativa: DISTRIBUTION=1), or set spec.updateCheck.resolveFrom to Operator.",
  },
  RegistryCredentialsWithheld: {
    condition: "UpdateCheckSucceeded",
    outcome: "failed",
    retry: "interval",
    meaning: "The pull credentials were not sent to the daemon, because others could read them in transit.",
    cause:
      "spec.updateCheck.resolveFrom makes the daemon ask the registry, but the connection to the daemon is plaintext or not verified.",
    fix: "Verify the daemon (spec.tls.verify, or spec.ssh.hostKeyChecking Strict), or set spec.updateCheck.resolveFrom to Operator.",
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
      "At least one container runs an outdated image, was not recreated after a pull, or has a newer tag that spec.updateCheck.tags selects.",
    cause:
      "A new image was pushed to the registry, or an image was pulled on the host after the container was created.",
    fix: "Pull the outdated image on the host and create the container again, or create it from the newer tag.",
  },
  CheckIncomplete: {
    condition: "UpdatesAvailable",
    outcome: "failed",
    retry: "items",
    meaning: "No update was found, but some containers or newer tags could not be checked.",
    cause:
      "The condition UpdateCheckSucceeded shows what failed. If nothing failed, a rule in spec.updateCheck.tags does not match the tag that a container runs.",
    fix: "Follow the advice in UpdateCheckSucceeded, or correct the rule in spec.updateCheck.tags.",
  },
} as const satisfies Record<string, ReasonEntry>;
