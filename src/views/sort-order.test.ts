import { describe, expect, it } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostStatus } from "../api/status.ts";
import { SORT_KEYS, type SortKey, sortedBy } from "./sort-order.ts";

function host(name: string, status?: DockerHostStatus): DockerHostObject {
  const { metadata, ...rest } = dockerHost(status === undefined ? {} : { status });
  return { ...rest, metadata: { ...metadata, name } };
}

const ready = (status: "True" | "False") => ({ conditions: [condition("Ready", status, "Succeeded")] });

const hosts = [
  host("d"),
  host("c", { ...ready("True"), updates: { outdated: 0, lastCheckTime: "2026-01-02T00:00:00Z" } }),
  host("b", { ...ready("False"), certificates: { nextExpiry: "2026-02-01T00:00:00Z" } }),
  host("a", {
    ...ready("True"),
    updates: { outdated: 3, lastCheckTime: "2026-01-01T00:00:00Z" },
    certificates: { nextExpiry: "2026-03-01T00:00:00Z" },
  }),
];

describe("sortedBy", () => {
  it.each<[SortKey, string]>([
    ["name", "abcd"],
    ["ready", "bdac"],
    ["outdated", "acbd"],
    ["expiry", "bacd"],
    ["checked", "acbd"],
  ])("by %s: what needs somebody first, then by name", (key, expected) => {
    const names = sortedBy(key)(hosts).map(({ metadata }) => metadata.name);
    expect(names.join("")).toBe(expected);
  });

  it.each(SORT_KEYS)("by %s leaves what it was given as it is", (key) => {
    const given = [...hosts];
    sortedBy(key)(given);
    expect(given).toEqual(hosts);
  });
});
