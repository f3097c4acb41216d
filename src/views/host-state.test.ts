import { expect, it } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import { outdatedWord } from "./host-state.ts";

const checked = (status: "True" | "False" | "Unknown", reason: string) =>
  dockerHost({ status: { conditions: [condition("UpdateCheckSucceeded", status, reason)], updates: { outdated: 2 } } });

it.each([
  ["2", "a check that succeeded", checked("True", "CheckSucceeded")],
  ["?", "a check that failed", checked("False", "AuthenticationFailed")],
  ["?", "a check that failed in part", checked("False", "PartiallyFailed")],
  ["?", "a check that was not attempted", checked("Unknown", "NotAttempted")],
  ["", "a host that was never checked", dockerHost({ status: {} })],
])("shows %j as outdated after %s", (word, _, host) => {
  expect(outdatedWord(host)).toBe(word);
});
