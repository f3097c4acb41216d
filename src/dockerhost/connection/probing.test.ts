import { describe, expect, it } from "vitest";
import type { Condition, DockerHostStatus } from "../../api/status.ts";
import { absentId, type Sighting, shouldProbe } from "./probing.ts";

const ALLOWED = { list: true, inspect: true, imageInspect: true, distribution: true };

const BEFORE: DockerHostStatus = {
  endpoint: "http://edge-7:2375",
  engine: { name: "Docker", version: "29.0.0", imageStore: "containerd" },
  capabilities: ALLOWED,
};

const SEEN: Sighting = {
  endpoint: "http://edge-7:2375",
  engineVersion: "29.0.0",
  infoDenied: false,
};

function checkFailed(reason: string): DockerHostStatus {
  const condition: Condition = {
    type: "UpdateCheckSucceeded",
    status: "False",
    reason,
    message: "",
    observedGeneration: 3,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  return { conditions: [condition] };
}

const failedItem = (reason: string): DockerHostStatus => ({
  updates: { items: [{ container: "web", image: "app:1", verdict: "Failed", reason }] },
});

describe("whether to probe again what is allowed", () => {
  it.each<[boolean, string, Partial<DockerHostStatus>, Partial<Sighting>]>([
    [false, "a healthy host", {}, {}],
    [true, "a host that was never asked", { capabilities: undefined }, {}],
    [true, "a host that gave no answer to one of them", { capabilities: { ...ALLOWED, inspect: undefined } }, {}],
    [true, "another endpoint", {}, { endpoint: "http://edge-8:2375" }],
    [true, "another engine", {}, { engineVersion: "29.0.1" }],
    [true, "a host that lacks what a check needs", { capabilities: { ...ALLOWED, imageInspect: false } }, {}],
    [false, "a host that lacks what no check needs", { capabilities: { ...ALLOWED, distribution: false } }, {}],
    [true, "a host whose /info is denied now", {}, { infoDenied: true }],
    [false, "a host whose /info was always denied", { engine: { version: "29.0.0" } }, { infoDenied: true }],
    [true, "a check that met a proxy's denial", checkFailed("PermissionDenied"), {}],
    [true, "a check that met a plugin's denial", checkFailed("AuthorizationDenied"), {}],
    [false, "a check that failed otherwise", checkFailed("RegistryUnreachable"), {}],
    [true, "a container that a proxy hides", failedItem("PermissionDenied"), {}],
    [false, "a container that failed otherwise", failedItem("ImageNotFound"), {}],
  ])("says %s for %s", (expected, _what, before, seen) => {
    expect(shouldProbe({ ...BEFORE, ...before }, { ...SEEN, ...seen })).toBe(expected);
  });
});

describe("absentId", () => {
  it("has the form of an id, made of what is passed in", () => {
    const numbers = [0, 0.5, 0.999];
    let next = 0;
    expect(absentId(() => numbers[next++ % numbers.length] ?? 0)).toBe("08f".repeat(21).concat("0"));
  });
});
