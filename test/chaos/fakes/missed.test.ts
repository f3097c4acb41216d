import { describe, expect, it } from "vitest";
import { missedOf } from "../missed.ts";

const object = (name: string, resourceVersion: string) => ({ metadata: { namespace: "fleet", name, resourceVersion } });

describe("what a cache missed", () => {
  const listed = [object("a", "9"), object("b", "10")];

  it("is nothing if each object has the listed version or a newer one", () => {
    expect(missedOf(listed, [object("a", "9"), object("b", "11")])).toEqual([]);
  });

  it("is a creation, a change and a deletion", () => {
    expect(missedOf(listed, [object("b", "9"), object("c", "8")])).toEqual([
      "fleet/a: the cache has nothing, the server had 9",
      "fleet/b: the cache has 9, the server had 10",
      "fleet/c: is in the cache, but was deleted on the server",
    ]);
  });
});
