import { getCACertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { trustRoots } from "./trust-roots.ts";

describe("trustRoots", () => {
  it("contains every bundled and system root once", () => {
    const roots = trustRoots();
    expect(new Set(roots).size).toBe(roots.length);
    expect(roots).toEqual(expect.arrayContaining([...getCACertificates("bundled"), ...getCACertificates("system")]));
  });
});
