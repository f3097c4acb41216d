import { describe, expect, it } from "vitest";
import { advised } from "../api/failure.ts";
import { hookWarnings } from "./aftermath.ts";

describe("the warnings of post-update hooks", () => {
  it("are none if all of them succeeded", () => {
    expect(hookWarnings(undefined)).toEqual([]);
  });

  it("advise about the label only if the command itself failed", () => {
    const refused = hookWarnings({ kind: "refused", failure: advised("HookFailed", "The hook failed") });
    expect(refused).toEqual(["The hook failed; correct the command in the container's label"]);
    for (const kind of ["unknown", "stop"] as const) {
      const [warning = ""] = hookWarnings({ kind, failure: advised("ConnectionReset", "The connection was cut") });
      expect(warning).toBe("It is unknown whether the post-update hooks ran: The connection was cut");
    }
  });
});
