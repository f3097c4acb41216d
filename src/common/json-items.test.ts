import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonItems } from "./json-items.ts";

const itemsOf = (text: string, max = 1_000) =>
  [...jsonItems(Buffer.from(text), max)].map((item) => JSON.parse(item.toString("utf8")));

describe("the items of a JSON list", () => {
  it("are those that JSON.parse finds", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, "\t"), (list, space) => {
        const text = JSON.stringify(list, undefined, space);
        expect(itemsOf(text, 100_000)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ["[]", []],
    [" [ ] \n", []],
    ['["]", "\\"]", "\\\\"]', ["]", '"]', "\\"]],
    ['[{"a":[1,[2]]},3]', [{ a: [1, [2]] }, 3]],
    ['["é😀"]', ["é😀"]],
  ])("%s", (text, items) => expect(itemsOf(text)).toEqual(items));

  it.each(["", "{}", "null", "[", "[1", "[1,", '["', '["\\', "[1]2", "[1]]", "[{]}", "[1 2]", "[,]", "[1,]", "[[]"])(
    "%s is not a list",
    (text) => expect(() => itemsOf(text)).toThrow(SyntaxError),
  );

  it("are not searched beyond their limit", () => {
    expect(() => itemsOf(`["${"x".repeat(1_000)}"]`, 100)).toThrow("longer than 100 bytes");
  });
});
