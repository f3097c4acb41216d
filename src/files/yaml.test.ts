import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { documentsOf, MAX_MANIFEST_BYTES, parseDocuments } from "./yaml.ts";

describe("parseDocuments", () => {
  it.each(["yes", "Yes", "on", "On", "true", "TRUE", "y"])("reads %s as kubectl does, as true", (word) => {
    expect(parseDocuments(`verify: ${word}`)).toEqual({ ok: true, value: [{ verify: true }] });
  });

  it.each(["no", "off", "Off", "false"])("reads %s as kubectl does, as false", (word) => {
    expect(parseDocuments(`verify: ${word}`)).toEqual({ ok: true, value: [{ verify: false }] });
  });

  it("does not change quoted words", () => {
    expect(parseDocuments(`a: "off"\nb: 'yes'`)).toEqual({ ok: true, value: [{ a: "off", b: "yes" }] });
  });

  it("reads JSON", () => {
    expect(parseDocuments('{"kind": "List", "items": []}')).toEqual({ ok: true, value: [{ kind: "List", items: [] }] });
  });

  it("reads several documents, and skips empty ones", () => {
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

  it.each([
    ["a: 1\n...\n---\nb: 2\n...\n", [{ a: 1 }, { b: 2 }]],
    ["# above\n%YAML 1.1\n---\na: on\n# below\n", [{ a: true }]],
    ["%TAG !e! tag:example.com,2000:\n---\na: [1]\n", [{ a: [1] }]],
    ["kind: List\nitems:\n- a: 1\n-\n- - 2\nmetadata: {}\n", [{ kind: "List", metadata: {}, items: [{ a: 1 }, [2]] }]],
    ["kind: List\nitems:\n- &x {a: 1}\n- *x\n- <<: *x\n", [{ kind: "List", items: [{ a: 1 }, { a: 1 }, { a: 1 }] }]],
    ["x: &x {a: 1}\nitems:\n- {<<: *x, b: 2}\n- 1\n", [{ x: { a: 1 }, items: [{ a: 1, b: 2 }, 1] }]],
    ["items:\n- 1\n- 2\n", [{ items: [1, 2] }]],
  ])("reads %j", (text, value) => {
    expect(parseDocuments(text)).toEqual({ ok: true, value });
  });

  it.each([
    ["kind: List\nitems:\n- {a: 1}\n- {b: 1, b: 2}\n", "duplicate key at line 4, column 10"],
    ["kind: List\nitems:\n- 1\n- 2\nitems:\n- 3\n- 4\n", "duplicate key at line 5, column 1"],
    ["kind: List\nitems:\n- 1\n- *gone\n", "an alias cannot be resolved"],
  ])("refuses %j", (text, why) => {
    expect(parseDocuments(text)).toEqual({ ok: false, failure: expect.stringContaining(why) });
  });

  it("reads from documents and Lists of any content what the parser reads from the whole text", () => {
    const object = fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 4,
    });
    const list = fc.record({ kind: fc.constant("List"), items: fc.array(object, { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(fc.oneof(object, list), { maxLength: 4 }), (values) => {
        const text = values.map((value) => `---\n${stringify(value, { version: "1.1" })}`).join("");
        const whole = parseAllDocuments(text, { version: "1.1", merge: true, logLevel: "error" });
        const expected = whole.map((document) => document.toJS()).filter((value) => value != null);
        expect(parseDocuments(text)).toEqual({ ok: true, value: expected });
      }),
    );
  });

  it("reads many documents, and a List of many items, in slices", () => {
    const item = "apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n";
    for (const text of ["---\na: 1\nb: [1, 2]\n".repeat(500), `kind: List\nitems:\n${`- ${item}`.repeat(500)}`]) {
      const slices = [...documentsOf(text, "1.1")].length;
      expect(slices).toBeGreaterThan(500);
    }
  });
});
