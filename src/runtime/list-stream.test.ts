import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ListStream } from "./list-stream.ts";

/** What a stream makes of a text that arrives in pieces of a size. */
function read(text: string, pieceBytes = 7) {
  const items: unknown[] = [];
  const stream = new ListStream((item) => items.push(item));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (!stream.add(bytes.subarray(at, at + pieceBytes))) return { items, frame: "refused" };
  }
  return { items, frame: stream.end() };
}

const item = (name: string, more: object = {}) => ({ metadata: { name }, ...more });

describe("a list that is read while it arrives", () => {
  it("has the same items, whatever they contain and however it is cut", () => {
    const lists = fc.record({
      names: fc.array(fc.string({ unit: "binary" }), { maxLength: 4 }),
      more: fc.jsonValue({ maxDepth: 3 }),
      isLast: fc.boolean(),
      indent: fc.constantFrom(0, 2),
      pieceBytes: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(lists, ({ names, more, isLast, indent, pieceBytes }) => {
        const items = names.map((name) => item(name, { spec: more }));
        const frame = { kind: "List", metadata: { resourceVersion: "7", more: [more] } };
        const sent = isLast ? { ...frame, items } : { items, ...frame };
        const text = JSON.stringify(sent, undefined, indent);
        const whole = JSON.parse(text);
        expect(read(text, pieceBytes)).toEqual({ items: whole.items, frame: { ...whole, items: [] } });
      }),
    );
  });

  it("passes each item on before the next one has arrived", () => {
    const taken: string[] = [];
    const stream = new ListStream(({ metadata }) => taken.push(metadata.name));
    const seen = ['{"kind":"List","items":[', JSON.stringify(item("a")), ",", JSON.stringify(item("b"))].map(
      (piece) => {
        expect(stream.add(Buffer.from(piece))).toBe(true);
        return taken.length;
      },
    );
    expect(seen).toEqual([0, 1, 1, 2]);
  });

  it("may be empty", () => {
    for (const items of [[], null]) {
      expect(read(JSON.stringify({ items, metadata: {} }))).toEqual({ items: [], frame: { items, metadata: {} } });
    }
  });

  it.each([
    "",
    "<html>",
    "[]",
    "{}",
    '"items"',
    '{"items":{}}',
    '{"items":"[]"}',
    '{"spec":{"items":[]}}',
    '{"items":[',
    '{"items":[{"metadata":{"name":"a"}}',
    '{"items":[{"metadata":{"name":"a"}}]',
    '{"items":[{"metadata":{"name":"a"}}]}{',
    '{"items":[{"metadata":{"name":"a"}},7]}',
    '{"items":[null]}',
    '{"items":["a"]}',
    '{"items":[[{"metadata":{"name":"a"}}]]}',
    '{"items":[{"metadata":{"name":7}}]}',
    '{"items":[{"metadata":{"name":"a"]}]}',
  ])("is not %j", (text) => {
    expect(["refused", undefined]).toContain(read(text).frame);
    expect(["refused", undefined]).toContain(read(text, 1_000).frame);
  });

  it("bounds an item, and what is not an item", () => {
    const piece = Buffer.alloc(1024 * 1024, "a");
    const pieces = (start: string) => {
      const stream = new ListStream(() => undefined);
      stream.add(Buffer.from(start));
      let added = 0;
      while (added < 100 && stream.add(piece)) added++;
      return added;
    };
    expect(pieces('{"items":[{"metadata":{"name":"')).toBe(15);
    expect(pieces('{"kind":"')).toBe(0);
  });
});
