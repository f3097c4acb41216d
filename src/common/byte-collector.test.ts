import { describe, expect, it } from "vitest";
import { ByteCollector } from "./byte-collector.ts";

describe("ByteCollector", () => {
  it("assembles pieces of any size in their order", () => {
    const collector = new ByteCollector(1_000_000);
    const pieces = [1, 70_000, 3, 0, 65_536, 2].map((size, index) => Buffer.alloc(size, index + 1));
    for (const piece of pieces) expect(collector.add(piece)).toBe(true);
    expect(collector.concat().equals(Buffer.concat(pieces))).toBe(true);
  });

  it("accepts as many bytes as its limit, and not one more", () => {
    const collector = new ByteCollector(3);
    expect([collector.add(Buffer.from("ab")), collector.add(Buffer.from("c"))]).toEqual([true, true]);
    expect(collector.add(Buffer.from("d"))).toBe(false);
    expect(collector.concat().toString()).toBe("abc");
  });

  it("holds few pieces of a body that arrives byte by byte", () => {
    const collector = new ByteCollector(200_000);
    for (let n = 0; n < 200_000; n++) collector.add(Buffer.from([n % 256]));
    expect(collector.pieces).toBeLessThan(1_300);
    expect(collector.concat().length).toBe(200_000);
  });
});
