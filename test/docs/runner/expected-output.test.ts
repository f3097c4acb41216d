import { describe, expect, it } from "vitest";
import { outputProblem } from "./expected-output.ts";

describe("outputProblem", () => {
  it.each([
    ["the same text", "a.pem: OK\n", "a.pem: OK\n"],
    ["other widths of columns", "NAME     READY\nedge-7   True\n", "NAME  READY\nedge-7  True"],
    ["another point in time and another age", "x 2027-11-24T08:00:00Z 5s", "x 2026-01-02T03:04:05Z 1m12s"],
    ["lines that the page leaves out", "one\n...\nfour\n", "one\ntwo\nthree\nfour\n"],
    ["no line where the page leaves some out", "one\n...\n", "one\n"],
  ])("allows %s", (_, expected, actual) => {
    expect(outputProblem(expected, actual, [])).toBeUndefined();
  });

  it.each([
    ["another word", "a.pem: OK", "a.pem: expired"],
    ["a line more", "one", "one\ntwo"],
    ["a line less", "one\ntwo", "one"],
    ["a number where the page has none", "True Docker", "True 0 Docker"],
    ["a line that comes in another place", "one\n...\ntwo", "two\none"],
  ])("finds %s", (_, expected, actual) => {
    expect(outputProblem(expected, actual, [])).toContain(actual.split("\n")[0]);
  });

  it("reads the reader's values in place of the page's, the longer ones first", () => {
    const replaced = [
      ["edge", "wrong"],
      ["edge-7.example.com", "localhost"],
      ["2376", "23456"],
    ] as const;
    expect(outputProblem("tcp://edge-7.example.com:2376", "tcp://localhost:23456", replaced)).toBeUndefined();
  });
});
