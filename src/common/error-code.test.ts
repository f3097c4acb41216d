import { describe, expect, it } from "vitest";
import { errorCode } from "./error-code.ts";

const coded = (code: unknown) => Object.assign(new Error("broken"), { code });

describe("errorCode", () => {
  it("is what Node put on the error", () => {
    expect(errorCode(coded("ECONNREFUSED"))).toBe("ECONNREFUSED");
  });

  it.each([new Error("no code"), coded(7), { code: "ENOENT" }, "ENOENT", undefined])("is nothing for %s", (error) => {
    expect(errorCode(error)).toBeUndefined();
  });
});
