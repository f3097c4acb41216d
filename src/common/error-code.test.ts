import { describe, expect, it } from "vitest";
import { errorCode } from "./error-code.ts";

const coded = (code: unknown) => Object.assign(new Error("broken"), { code });

describe("errorCode", () => {
  it("is the code that Node set on the error", () => {
    expect(errorCode(coded("ECONNREFUSED"))).toBe("ECONNREFUSED");
  });

  it.each([new Error("no code"), coded(7), { code: "ENOENT" }, "ENOENT", undefined])("is undefined for %s", (error) => {
    expect(errorCode(error)).toBeUndefined();
  });
});
