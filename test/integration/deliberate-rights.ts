import type { DeliberateRights } from "../support/compare-rights.ts";

/** The service account of the test in which a controller may not list Secrets although its flags ask for it. */
export const WITHOUT_LIST_OF_SECRETS = "dockerhost-operator-without-list-of-secrets";

/** The only exceptions. */
export const DELIBERATE_RIGHTS: DeliberateRights = {
  refused: { [`${WITHOUT_LIST_OF_SECRETS}: list secrets`]: "a test of what the controller does then" },
  unused: {},
};
