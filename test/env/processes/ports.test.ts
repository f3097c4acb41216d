import { describe, expect, it } from "vitest";
import { freePorts } from "./ports.ts";

describe("freePorts", () => {
  it("gives each name a port of its own, out of the reach of outgoing connections", async () => {
    const ports = Object.values(await freePorts(["a", "b", "c", "d"]));
    expect(new Set(ports).size).toBe(4);
    for (const port of ports) expect(port).toBeLessThan(32_768);
  });
});
