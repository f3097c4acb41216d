import type { DeliberateRights } from "../support/compare-rights.ts";

/** The service account of the test in which a controller has fewer permissions than its flags ask for. */
export const WITH_FEWER_RIGHTS = "dockerhost-operator-with-fewer-rights";

/** The only exceptions. */
export const DELIBERATE_RIGHTS: DeliberateRights = {
  refused: {
    [`${WITH_FEWER_RIGHTS}: list secrets`]: "a test of what the controller does then",
    [`${WITH_FEWER_RIGHTS}: list dockerhost.dev/containerupdates`]: "the same",
  },
  unused: {},
};
