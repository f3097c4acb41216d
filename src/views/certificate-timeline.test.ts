import { expect, it } from "vitest";
import { dockerHost } from "../../test/support/docker-host.ts";
import { certificateBars, certificateState, position, timeAxis } from "./certificate-timeline.ts";

const NOW = Date.parse("2026-01-15T00:00:00Z");
const DAY_MS = 24 * 3_600_000;
const certificate = (fingerprint: string, days: number) => ({
  subject: `CN=${fingerprint}`,
  issuer: "CN=CA",
  notBefore: "2025-01-01T00:00:00Z",
  notAfter: new Date(NOW + days * DAY_MS).toISOString(),
  fingerprint,
});

it("lists a certificate that several hosts use once, and those that expire first on top", () => {
  const first = dockerHost({
    status: { certificates: { server: certificate("s1", 90), ca: certificate("ca", 3_650) } },
  });
  const second = dockerHost({
    status: { certificates: { server: certificate("s2", 5), ca: certificate("ca", 3_650) } },
  });
  const hosts = [first, { ...second, metadata: { ...second.metadata, name: "edge-8" } }];
  expect(certificateBars(hosts).map(({ fingerprint, hosts: users }) => [fingerprint, users])).toEqual([
    ["s2", ["fleet/edge-8"]],
    ["s1", ["fleet/edge-7"]],
    ["ca", ["fleet/edge-7", "fleet/edge-8"]],
  ]);
});

it.each([1, 90, 365, 36_500])("has an axis with few ticks that includes today, for %i days", (days) => {
  const bars = certificateBars([dockerHost({ status: { certificates: { client: certificate("c", days) } } })]);
  const axis = timeAxis(bars, NOW);
  expect(axis.ticks.length).toBeLessThanOrEqual(12);
  expect(position(axis, NOW, 100)).toBeGreaterThan(0);
  expect(position(axis, NOW, 100)).toBeLessThan(100);
  expect(position(axis, axis.to + 1e12, 100)).toBe(100);
  expect(position(axis, 0, 100)).toBe(0);
});

it.each([
  ["Valid", -344, 21],
  ["Soon", -345, 20.9],
  ["Soon", -70, 20],
  ["Soon", -6, 1.5],
  // What a private CA issues for a day is renewed when two thirds of it are over.
  ["Valid", -0.5, 0.5],
  ["Soon", -0.8, 0.2],
  ["Expired", -365, -0.1],
  ["Not valid yet", 0.1, 365],
] as const)("is %s from day %d to day %d", (state, from, to) => {
  const at = (days: number) => new Date(NOW + days * DAY_MS).toISOString();
  expect(certificateState({ notBefore: at(from), notAfter: at(to) }, NOW)).toBe(state);
});
