import { describe, expect, it } from "vitest";
import { parseLabelSelector } from "./label-selector.ts";

describe("a label selector", () => {
  it.each([
    ["team=edge", "team=edge"],
    ["team == edge", "team=edge"],
    ["b!=x, a", "a,b!=x"],
    ["! example.com/no", "!example.com/no"],
    ["shard in ( 2,1 ,2),team notin (a)", "shard in (1,2),team notin (a)"],
    ["empty=", "empty="],
  ])("%j is taken as %j", (text, canonical) => {
    expect(parseLabelSelector(text)).toEqual({ ok: true, value: canonical });
  });

  it.each(["", "a,", "a b", "a=b=c", "a in b", "a in (b", "-a", "a=b c", "a/b/c=d", `${"x".repeat(64)}=y`])(
    "%j is refused",
    (text) => {
      expect(parseLabelSelector(text)).toMatchObject({
        ok: false,
        failure: expect.stringContaining("is no requirement of a label selector"),
      });
    },
  );
});
