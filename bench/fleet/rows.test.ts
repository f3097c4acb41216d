import { expect, it } from "vitest";
import { formatRows, isMet } from "./rows.ts";

it("misses a limit that is exceeded or was not measured, and never a figure without a limit", () => {
  const row = { part: 1, name: "peak memory", unit: "MiB" };
  expect(isMet({ ...row, measured: 200, limit: 200 })).toBe(true);
  expect(isMet({ ...row, measured: 201, limit: 200 })).toBe(false);
  expect(isMet({ ...row, measured: Number.NaN, limit: 200 })).toBe(false);
  expect(isMet({ ...row, measured: Number.NaN })).toBe(true);
});

it("shows each figure with its limit or its peer", () => {
  const rows = [
    { part: 1, name: "peak memory", measured: 179.26, unit: "MiB", limit: 200 },
    { part: 1, name: "writes", measured: 3, unit: "", limit: 0 },
    { part: 6, name: "wall time", measured: 0.5, unit: "s", peer: "docker: 0.20 s" },
  ];
  expect(formatRows(rows)).toBe(
    [
      "part  figure       measured  limit or peer",
      "1     peak memory  179 MiB   at most 200     met",
      "1     writes       3         at most 0       MISSED",
      "6     wall time    0.500 s   docker: 0.20 s",
    ].join("\n"),
  );
});
