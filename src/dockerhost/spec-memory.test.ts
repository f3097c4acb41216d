import { describe, expect, it } from "vitest";
import { dockerHost } from "../../test/support/docker-host.ts";
import { SpecMemory } from "./spec-memory.ts";

const KEY = "fleet/edge-7";

function remembered(spec: unknown): SpecMemory {
  const memory = new SpecMemory();
  memory.remember(dockerHost({ spec }));
  return memory;
}

describe("SpecMemory", () => {
  it.each([
    ["the same spec", { host: "a", tls: { verify: true } }, true],
    ["the same spec in another order", { tls: { verify: true }, host: "a" }, true],
    ["the same spec, suspended", { host: "a", tls: { verify: true }, suspend: true }, true],
    ["another spec", { host: "b", tls: { verify: true } }, false],
    ["another spec, suspended", { host: "b", tls: { verify: true }, suspend: true }, false],
    ["another suspend further down", { host: "a", tls: { verify: true }, updateCheck: { suspend: true } }, false],
    ["no spec", undefined, false],
  ])("knows %s", (_what, spec, expected) => {
    expect(remembered({ host: "a", tls: { verify: true } }).matches(dockerHost({ spec }))).toBe(expected);
  });

  it("treats a host of the same name that was created later as another host", () => {
    const host = dockerHost({ spec: { host: "a" } });
    const namesake = { ...host, metadata: { ...host.metadata, uid: "another" } };
    expect(remembered(host.spec).matches(namesake)).toBe(false);
  });

  it("assumes a change if it remembers nothing, or after forget()", () => {
    const host = dockerHost({ spec: { host: "a" } });
    expect(new SpecMemory().matches(host)).toBe(false);
    const memory = remembered(host.spec);
    memory.forget(KEY);
    expect(memory.matches(host)).toBe(false);
  });
});
