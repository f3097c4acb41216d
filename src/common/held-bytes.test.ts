import { expect, it } from "vitest";
import { HeldBytes } from "./held-bytes.ts";

it("counts the same bytes once, until the last reader has gone", () => {
  const held = new HeldBytes(10);
  const bytes = Buffer.alloc(8);
  const readers = [new AbortController(), new AbortController()];
  for (const { signal } of readers) expect(held.hold(bytes, signal)).toBe(true);
  expect(held.total).toBe(8);
  readers[0]?.abort();
  expect(held.total).toBe(8);
  readers[1]?.abort();
  expect(held.total).toBe(0);
});

it("refuses more than the limit, and accepts again when a reader has gone", () => {
  const held = new HeldBytes(10);
  const slow = new AbortController();
  const { signal } = new AbortController();
  expect(held.hold(Buffer.alloc(8), slow.signal)).toBe(true);
  expect(held.hold(Buffer.alloc(8), signal)).toBe(false);
  expect(held.hold(Buffer.alloc(2), signal)).toBe(true);
  slow.abort();
  expect(held.hold(Buffer.alloc(8), signal)).toBe(true);
  expect(held.total).toBe(10);
});

it("holds nothing for a reader who has gone, and one large answer although it exceeds the limit", () => {
  const held = new HeldBytes(10);
  expect(held.hold(Buffer.alloc(20), AbortSignal.abort())).toBe(true);
  expect(held.total).toBe(0);
  expect(held.hold(Buffer.alloc(20), new AbortController().signal)).toBe(true);
});
