import { describe, expect, it } from "vitest";
import { digest, isTooOld, moduleVersion, planGoBuild } from "./go-build.ts";
import {
  cfssl,
  containerd,
  containerdCri,
  etcd,
  type GoTool,
  helm,
  helm4,
  kstatus,
  kubernetes,
  kubernetesNode,
  moby,
  runc,
  stepCa,
} from "./go-tools.ts";

describe("moduleVersion", () => {
  it("finds a module if it is the only requirement", () => {
    expect(moduleVersion("module m\n\nrequire example.com/tool v1.2.3\n", "example.com/tool")).toBe("v1.2.3");
  });

  it("finds a module in a block, even next to modules with similar names", () => {
    const goMod = "require (\n\texample.com/tool/api v0.1.0\n\texample.com/tool v1.2.3 // indirect\n)\n";
    expect(moduleVersion(goMod, "example.com/tool")).toBe("v1.2.3");
  });

  it("does not take a replacement for a requirement", () => {
    const goMod = "replace (\n\texample.com/tool => example.com/fork v9.0.0\n)\n";
    expect(() => moduleVersion(goMod, "example.com/tool")).toThrow("requires no example.com/tool");
  });
});

describe("digest", () => {
  it("distinguishes parts that are equal when put together", () => {
    expect(digest(["ab", "c"])).not.toBe(digest(["a", "bc"]));
  });
});

describe("isTooOld", () => {
  it.each([
    ["go1.26.8", false],
    ["go1.21.0", false],
    ["go1.20.14", true],
    ["devel go1.27-abcdef", false],
  ])("of %s is %s", (version, expected) => {
    expect(isTooOld(version)).toBe(expected);
  });
});

describe("planGoBuild", () => {
  it.each([
    kubernetes,
    kubernetesNode,
    etcd,
    moby,
    containerd,
    containerdCri,
    runc,
    stepCa,
    cfssl,
    helm,
    helm4,
    kstatus,
  ])("finds the version of $name in its go.mod", async (tool) => {
    const { key, version } = await planGoBuild(tool);
    expect(version).toMatch(/^v\d+\.\d+\.\d+/);
    expect(key).toMatch(new RegExp(`^${tool.name}-${version}-[0-9a-f]{12}$`));
  });

  it("gives another key to a build with other flags", async () => {
    const other: GoTool = { ...etcd, tags: "other" };
    expect((await planGoBuild(other)).key).not.toBe((await planGoBuild(etcd)).key);
    const cgo: GoTool = { ...etcd, cgo: true };
    expect((await planGoBuild(cgo)).key).not.toBe((await planGoBuild(etcd)).key);
    const { sources, ...without } = kstatus;
    expect(sources).toEqual(["main.go"]);
    expect((await planGoBuild(without)).key).not.toBe((await planGoBuild(kstatus)).key);
  });
});
