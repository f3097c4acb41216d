import { describe, expect, it } from "vitest";
import { readEnvFile, readRawEnvFile } from "./env-file.ts";

const OUTER = new Map([["HOST", "edge-7"]]);
const outer = (name: string) => OUTER.get(name);

/** With % for $, since the linter takes ${ in a plain text for a mistake. */
const read = (text: string) => readEnvFile(text.replaceAll("%", "$"), outer);

describe("readEnvFile", () => {
  it.each([
    ["A=b", "b"],
    ["A = b ", "b"],
    ["export A=b", "b"],
    ["\uFEFFA=b\r\n", "b"],
    ["A: b", "b"],
    ["A=b # why", "b"],
    ["A=b# kept", "b# kept"],
    ["A=", ""],
    ['A="b # kept" # why', "b # kept"],
    ["A='b \"c\"'", 'b "c"'],
    [String.raw`A="x\ty\"z\\"`, 'x\ty"z\\'],
    [String.raw`A='it\'s \n'`, String.raw`it's \n`],
    ['A="one\ntwo"\n', "one\ntwo"],
    ["A=tcp://%{HOST}:2376", "tcp://edge-7:2376"],
    ["A=%HOST", "edge-7"],
    ['A="%{HOST:?needed}"', "edge-7"],
    ["A='%{HOST}'", "$".concat("{HOST}")],
    [String.raw`A="\%{HOST}"`, "$".concat("{HOST}")],
    ["A=%{NONE:-d}", "d"],
    ["A=%{NONE-d}", "d"],
    ["A=%{HOST:+a}", "a"],
    ["A=%%HOST", "$HOST"],
    ["B=first\nA=%{B}/x", "first/x"],
    ["HOST=mine\nA=%HOST", "edge-7"],
  ])("%j gives A the value %j", (text, value) => {
    expect(read(text)).toMatchObject({ ok: true, value: { A: value } });
  });

  it("passes a value on that only a name asks for, and leaves out what is not set", () => {
    expect(read("# why\n\nHOST\nNONE\nexport HOST\n")).toEqual({ ok: true, value: { HOST: "edge-7" } });
  });

  it.each([
    ["A=1\nB='secret", "line 2 opens a quote that is not closed"],
    ["A='secret' x", "line 1 has text after its closing quote"],
    ["A b=secret", "line 1 is not of the form NAME=VALUE"],
    ["=secret", "line 1 does not start with the name of a variable"],
    ["A=%{NONE:?secret}", "line 1 cannot be filled in: the variable NONE must be set"],
    ["A=pa%%ss%", "line 1 cannot be filled in"],
  ])("refuses %j without quoting it", (text, message) => {
    const result = read(text);
    expect(result).toEqual({ ok: false, failure: expect.stringContaining(message) });
    expect(JSON.stringify(result)).not.toContain("secret");
  });

  it.each([" ", "\t", "\n", "A=1 ", "A", "'", '"', "#", "%", "A=%{"])(
    "takes linear time for a text of many %j",
    (text) => {
      read(`A=x${text.repeat(300_000)}y`);
      read(text.repeat(300_000));
      expect(readRawEnvFile(text.repeat(300_000))).toBeDefined();
    },
  );
});

it("readRawEnvFile takes quotes, dollars and comments for what they are", () => {
  const text = "# why\n\n  A=\"b\" # c\r\nB='%HOST'\nC\nD=\n=x\n".replaceAll("%", "$");
  expect(readRawEnvFile(text)).toEqual({ A: '"b" # c', B: "'$HOST'", C: null, D: "" });
});
