import { describe, expect, it } from "vitest";
import { provenance } from "./provenance.ts";
import { sbom } from "./sbom.ts";

const packages = [
  {
    name: "a",
    version: "1.0.0",
    purl: "pkg:npm/a@1.0.0",
    license: "MIT",
    sha512: "aa",
    dependsOn: ["pkg:npm/b@2.0.0"],
  },
  { name: "b", version: "2.0.0", purl: "pkg:npm/b@2.0.0", license: "(MIT OR ISC)", sha512: "bb", dependsOn: [] },
];

describe("provenance", () => {
  it("names what was made by its digest, and what it was made from", () => {
    const base = `r.example/node@sha256:${"c".repeat(64)}`;
    const commit = { hash: "abc", changed: false };
    const text = provenance([{ name: "chart.tgz", digest: { sha256: "dd" } }], {
      ...{ version: "1.2.3", commit, packages, base, builder: "https://ci.example" },
    });
    expect(JSON.parse(text)).toEqual({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "chart.tgz", digest: { sha256: "dd" } }],
      predicateType: "https://slsa.dev/provenance/v1",
      predicate: {
        buildDefinition: {
          buildType: "https://dockerhost.dev/build/npm-release/v1",
          externalParameters: { version: "1.2.3" },
          internalParameters: { sourceChanged: false },
          resolvedDependencies: [
            { name: "source", digest: { gitCommit: "abc" } },
            { uri: "docker:r.example/node", digest: { sha256: "c".repeat(64) } },
            { uri: "pkg:npm/a@1.0.0", digest: { sha512: "aa" } },
            { uri: "pkg:npm/b@2.0.0", digest: { sha512: "bb" } },
          ],
        },
        runDetails: { builder: { id: "https://ci.example" } },
      },
    });
  });

  it("does not claim a source that it does not know", () => {
    const { predicate } = JSON.parse(
      provenance([], { version: "1.2.3", commit: undefined, packages: [], builder: "b" }),
    );
    expect(predicate.buildDefinition).toMatchObject({
      internalParameters: { sourceChanged: true },
      resolvedDependencies: [],
    });
  });
});

describe("sbom", () => {
  const product = {
    name: "p",
    version: "1.2.3",
    description: "d",
    license: "Apache-2.0",
    dependencies: { a: "1.0.0" },
  };

  it("has each package with its digest and licence, and who depends on it", () => {
    const bill = JSON.parse(sbom(product, packages));
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.5", version: 1 });
    expect(bill.components[0].hashes).toEqual([{ alg: "SHA-512", content: "aa" }]);
    expect(bill.components.map(({ licenses }: { licenses: unknown }) => licenses)).toEqual([
      [{ license: { id: "MIT" } }],
      [{ expression: "(MIT OR ISC)" }],
    ]);
    expect(bill.dependencies).toEqual([
      { ref: "pkg:npm/p@1.2.3", dependsOn: ["pkg:npm/a@1.0.0"] },
      { ref: "pkg:npm/a@1.0.0", dependsOn: ["pkg:npm/b@2.0.0"] },
      { ref: "pkg:npm/b@2.0.0", dependsOn: [] },
    ]);
  });

  it("has the same serial number for the same content only", () => {
    const serial = (version: string) => JSON.parse(sbom({ ...product, version }, packages)).serialNumber;
    expect(serial("1.2.3")).toBe(serial("1.2.3"));
    expect(serial("1.2.3")).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(serial("1.2.4")).not.toBe(serial("1.2.3"));
  });
});
