import { createHash } from "node:crypto";
import type { BundledPackage } from "./bundled-packages.ts";

export interface Product {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The software bill of materials of the bundle, in CycloneDX's JSON. The same bundle always gives the same text. */
export function sbom(product: Product, packages: readonly BundledPackage[]): string {
  const root = `pkg:npm/${product.name}@${product.version}`;
  const direct = packages.filter(({ name, version }) => product.dependencies[name] === version);
  const content = {
    metadata: {
      component: {
        type: "application",
        "bom-ref": root,
        name: product.name,
        version: product.version,
        description: product.description,
        licenses: [{ license: { id: product.license } }],
        purl: root,
      },
    },
    components: packages.map(({ name, version, purl, license, sha512 }) => ({
      type: "library",
      "bom-ref": purl,
      name,
      version,
      scope: "required",
      hashes: [{ alg: "SHA-512", content: sha512 }],
      ...(license !== undefined && { licenses: [licenseOf(license)] }),
      purl,
    })),
    dependencies: [
      { ref: root, dependsOn: direct.map(({ purl }) => purl).sort() },
      ...packages.map(({ purl, dependsOn }) => ({ ref: purl, dependsOn })),
    ],
  };
  const head = { bomFormat: "CycloneDX", specVersion: "1.5", serialNumber: serialNumber(content), version: 1 };
  return `${JSON.stringify({ ...head, ...content }, undefined, 2)}\n`;
}

/** SPDX has ids of single licences, and expressions such as `(MIT OR Apache-2.0)`. */
function licenseOf(text: string): object {
  return /^[\w.+-]+$/.test(text) ? { license: { id: text } } : { expression: text };
}

/** A UUID made from the content instead of from random numbers. */
function serialNumber(content: object): string {
  const hex = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}
