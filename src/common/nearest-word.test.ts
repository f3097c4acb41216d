import { expect, it } from "vitest";
import { nearestWord } from "./nearest-word.ts";

const FIELDS = ["host", "tls", "verify", "certSecretRef", "caSecretRef", "suspend", "interval"];

it.each([
  ["hots", "host"],
  ["Host", "host"],
  ["hosst", "host"],
  ["hst", "host"],
  ["verfiy", "verify"],
  ["certsecretref", "certSecretRef"],
  ["cerSecretRef", "certSecretRef"],
  ["suspended", "suspend"],
  ["tsl", "tls"],
  ["x", undefined],
  ["", undefined],
  ["password", undefined],
  ["a".repeat(10_000), undefined],
])("takes %j for %j", (typed, meant) => {
  expect(nearestWord(typed, FIELDS)).toBe(meant);
});
