import { describe, expect, it } from "vitest";
import { parseLabelSelector } from "./label-selector.ts";

describe("a label selector", () => {
  it.each([
    "team=edge",
    "team == edge",
    "b!=x, a",
    "! example.com/no",
    "shard in ( 2,1 ,2),team notin (a)",
    "empty=",
    "shard>3",
    "shard > -3, a<007",
    "example.com/n < 12",
    "a notin (b,c),!d",
  ])("%j is taken as it is", (text) => {
    expect(parseLabelSelector(text)).toEqual({ ok: true, value: text });
  });

  it.each([
    "",
    "a,",
    "a b",
    "a=b=c",
    "a in b",
    "a in (b",
    "-a",
    "a=b c",
    "a/b/c=d",
    "a>",
    "a>b",
    ">3",
    "a>=3",
    "a>3.5",
    "a<>3",
    `${"x".repeat(64)}=y`,
  ])("%j is refused", (text) => {
    expect(parseLabelSelector(text)).toMatchObject({
      ok: false,
      failure: expect.stringContaining("is not a valid requirement of a label selector"),
    });
  });
});
