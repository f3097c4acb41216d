/** The service account of the test in which a controller may not list Secrets although its flags ask for it. */
export const WITHOUT_LIST_OF_SECRETS = "dockerhost-operator-without-list-of-secrets";

/** Calls of the suite that are refused, and are meant to be: `account: right`, with the reason. */
export const DELIBERATELY_REFUSED: Readonly<Record<string, string>> = {
  [`${WITHOUT_LIST_OF_SECRETS}: list secrets`]: "a test of what the controller does then",
};

/** Rights that the chart grants and no test uses, with the reason. */
export const DELIBERATELY_UNUSED: Readonly<Record<string, string>> = {};
