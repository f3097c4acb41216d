import { describe, expect, it } from "vitest";
import { DOCKER_HOST } from "../api/docker-host.ts";
import { ManifestSet, type MergedManifests, manifestsOf } from "./manifest-set.ts";

function host(name: string): string {
  return `apiVersion: dockerhost.dev/v1alpha1\nkind: DockerHost\nmetadata: {name: ${name}}\n`;
}

function secret(name: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}}\n`;
}

const names = (manifests: MergedManifests) => [...manifestsOf(manifests, DOCKER_HOST).keys()];

describe("ManifestSet", () => {
  it("puts several sources together", () => {
    const manifests = new ManifestSet().update([
      { source: "a.yaml", text: `${host("a")}---\n${secret("tls")}` },
      { source: "b.yaml", text: host("b") },
    ]);
    expect(names(manifests)).toEqual(["default/a", "default/b"]);
    expect([...manifests.secrets.keys()]).toEqual(["default/tls"]);
    expect(manifests.problems).toEqual([]);
  });

  it("keeps what a source held before it broke, and reads it again when it is intact", () => {
    const set = new ManifestSet();
    set.update([{ source: "a.yaml", text: host("a") }]);
    const broken = set.update([{ source: "a.yaml", text: "kind: [" }]);
    expect(names(broken)).toEqual(["default/a"]);
    expect(broken.problems).toEqual([{ source: "a.yaml", message: expect.stringContaining("is not valid YAML") }]);
    const fixed = set.update([{ source: "a.yaml", text: host("b") }]);
    expect(names(fixed)).toEqual(["default/b"]);
    expect(fixed.problems).toEqual([]);
  });

  it("keeps what a source held that cannot be read", () => {
    const set = new ManifestSet();
    set.update([{ source: "a.yaml", text: host("a") }]);
    const unreadable = { source: "a.yaml", message: "cannot be read: permission denied" };
    for (let look = 0; look < 2; look++) {
      const manifests = set.update([unreadable]);
      expect(names(manifests)).toEqual(["default/a"]);
      expect(manifests.problems).toEqual([unreadable]);
    }
  });

  it.each([
    ["fleet", "fleet/a.yaml"],
    ["fleet/", "fleet/a.yaml"],
    [".", "a.yaml"],
    ["/etc/fleet", "/etc/fleet/a.yaml"],
  ])("keeps the files of the folder %s while it cannot be read", (folder, file) => {
    const set = new ManifestSet();
    set.update([
      { source: file, text: host("a") },
      { source: "elsewhere/b.yaml", text: host("b") },
    ]);
    expect(names(set.update([{ source: folder, message: "cannot be read: EIO" }]))).toEqual(["default/a"]);
  });

  it("knows nothing of a source that was broken from the start", () => {
    expect(names(new ManifestSet().update([{ source: "a.yaml", text: "kind: [" }]))).toEqual([]);
  });

  it("forgets a source that is gone", () => {
    const set = new ManifestSet();
    set.update([{ source: "a.yaml", text: host("a") }]);
    expect(names(set.update([]))).toEqual([]);
    expect(names(set.update([{ source: "a.yaml", text: "kind: [" }]))).toEqual([]);
  });

  it("uses the first of two definitions, and reports the second", () => {
    const manifests = new ManifestSet().update([
      { source: "a.yaml", text: `${host("x")}---\n${secret("x")}` },
      { source: "b.yaml", text: `${host("x")}---\n${secret("x")}` },
    ]);
    expect(names(manifests)).toEqual(["default/x"]);
    expect(manifests.problems).toEqual([
      {
        source: "b.yaml",
        message: 'DockerHost "default/x" is already defined in a.yaml; the first definition is used',
      },
      { source: "b.yaml", message: 'Secret "default/x" is already defined in a.yaml; the first definition is used' },
    ]);
  });
});
