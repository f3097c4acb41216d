import { expect, it } from "vitest";
import { SharedStrings } from "./shared-strings.ts";

it("returns equal values, and leaves the given ones as they are", () => {
  const texts = new SharedStrings();
  const value = Object.freeze({
    items: Object.freeze([Object.freeze({ image: "registry.example.com/app:1", running: "sha256:".padEnd(71, "a") })]),
    ...{ total: 1, truncated: false, nothing: null, short: "app", long: "m".repeat(1_000) },
  });
  expect(texts.share(value)).toEqual(value);
  expect(texts.share(structuredClone(value))).toEqual(value);
  expect(texts.share("a text that is not in an object")).toBe("a text that is not in an object");
  // The image, the digest and the last text: what is short or long is not kept.
  expect(texts.size).toBe(3);
});

it("keeps a bounded number of texts", () => {
  const texts = new SharedStrings();
  for (let index = 0; index < 30_000; index++) texts.share([`text number ${index}`.padEnd(100)]);
  expect(texts.size).toBeGreaterThan(5_000);
  expect(texts.size).toBeLessThanOrEqual(2 * ((512 * 1024) / 100 + 1));
});
