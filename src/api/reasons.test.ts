import { describe, expect, it } from "vitest";
import { CONDITION_TYPES_OF } from "./condition-types.ts";
import { connectionReasons } from "./reasons/connection.ts";
import { containerUpdateReasons } from "./reasons/container-update.ts";
import { credentialReasons } from "./reasons/credentials.ts";
import { lifecycleReasons } from "./reasons/lifecycle.ts";
import { registryReasons } from "./reasons/registry.ts";
import { replacementReasons } from "./reasons/replacement.ts";
import { updateReasons } from "./reasons/updates.ts";
import { type Reason, reasonEntry, reasons } from "./reasons.ts";

const names = Object.keys(reasons) as Reason[];

describe("the table of reasons", () => {
  it("contains each word once", () => {
    const all = [
      lifecycleReasons,
      credentialReasons,
      connectionReasons,
      registryReasons,
      updateReasons,
      containerUpdateReasons,
      replacementReasons,
    ];
    expect(all.flatMap(Object.keys).toSorted()).toEqual(names.toSorted());
  });

  it.each(names)("%s is a word that the API conventions allow", (name) => {
    expect(name).toMatch(/^[A-Z][A-Za-z0-9]{2,60}$/);
  });

  it.each(names)("%s has a meaning, a cause and a fix in whole sentences", (name) => {
    const { meaning, cause, fix, fixByFlags = fix } = reasonEntry(name);
    for (const text of [meaning, cause, fix, fixByFlags]) expect(text).toMatch(/^([A-Z`]|spec\.|dockerd ).{8,250}\.$/s);
  });

  it.each(names)("%s belongs to a condition, and its retry fits its outcome", (name) => {
    const { kind = "DockerHost", condition, outcome, retry } = reasonEntry(name);
    expect(CONDITION_TYPES_OF[kind]).toContain(condition);
    // A failure that only the object's owner can fix is not retried early.
    if (outcome === "stalled") expect(kind === "DockerHost" ? ["interval"] : ["none", "never"]).toContain(retry);
    if (outcome === "failed") expect(retry).not.toBe("none");
    // Only finished objects are not tried again.
    if (retry === "never") expect(kind).toBe("ContainerUpdate");
  });
});
