import { describe, expect, it } from "vitest";
import { MAX_MANIFEST_BYTES, parseDocuments } from "./yaml.ts";

describe("parseDocuments", () => {
  it.each(["yes", "Yes", "on", "On", "true", "TRUE", "y"])("reads %s as kubectl does, as true", (word) => {
    expect(parseDocuments(`verify: ${word}`)).toEqual({ ok: true, value: [{ verify: true }] });
  });

  it.each(["no", "off", "Off", "false"])("reads %s as kubectl does, as false", (word) => {
    expect(parseDocuments(`verify: ${word}`)).toEqual({ ok: true, value: [{ verify: false }] });
  });

  it("leaves quoted words alone", () => {
    expect(parseDocuments(`a: "off"\nb: 'yes'`)).toEqual({ ok: true, value: [{ a: "off", b: "yes" }] });
  });

  it("reads JSON", () => {
    expect(parseDocuments('{"kind": "List", "items": []}')).toEqual({ ok: true, value: [{ kind: "List", items: [] }] });
  });

  it("reads several documents, and passes over empty ones", () => {
    expect(parseDocuments("---\na: 1\n---\n# nothing\n---\nb: 2\n")).toEqual({ ok: true, value: [{ a: 1 }, { b: 2 }] });
    expect(parseDocuments("")).toEqual({ ok: true, value: [] });
  });

  it("says where a text is not valid YAML, on one line", () => {
    const parsed = parseDocuments("a: 1\nb: [1, 2\nc: 3\n");
    expect(parsed).toEqual({
      ok: false,
      failure: expect.stringMatching(/^is not valid YAML: [a-z ,;]+ at line 3, column 1$/),
    });
  });

  it("does not quote the file, which may hold keys", () => {
    const parsed = parseDocuments('stringData:\n  key.pem: "CANARY\n  - CANARY: CANARY: [CANARY\n');
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toContain("CANARY");
  });

  it("refuses aliases that grow without end", () => {
    const lines = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (const [name, before] of ["ba", "cb", "dc", "ed"]) {
      lines.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(", ")}]`);
    }
    expect(parseDocuments(lines.join("\n"))).toMatchObject({ ok: false, failure: expect.stringContaining("alias") });
  });

  it.each([
    ["a: 1\nb: 2\na: 3\n", "line 3, column 1"],
    ["a:\n  - {b: 1, b: 2}\n", "line 2, column 12"],
    ['{"a": 1, "a": 2}', "line 1, column 10"],
    ["a: 1\n---\nb: 1\nb: 2\n", "line 4, column 1"],
  ])("refuses a key that a map has twice: %j", (text, where) => {
    expect(parseDocuments(text)).toEqual({ ok: false, failure: `is not valid YAML: duplicate key at ${where}` });
  });

  it("takes merges of several maps, whose keys are all written <<", () => {
    const text = "a: &a {x: 1}\nb: &b {z: 2}\nc:\n  <<: *a\n  <<: *b\n";
    expect(parseDocuments(text)).toMatchObject({ ok: true, value: [{ c: { x: 1, z: 2 } }] });
  });

  it("reads a map of forty thousand keys without comparing each with each", () => {
    const text = Array.from({ length: 40_000 }, (_, i) => `k${i}: ${i}`).join("\n");
    const parsed = parseDocuments(text);
    expect(parsed.ok && Object.keys(parsed.value[0] ?? {}).length).toBe(40_000);
  });

  it("refuses a text that is too large", () => {
    expect(parseDocuments(" ".repeat(MAX_MANIFEST_BYTES + 1))).toEqual({
      ok: false,
      failure: "is larger than 16777216 bytes",
    });
  });
});
