import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { BundledPackage } from "./bundled-packages.ts";

/** Something that was made or used, by its digest. */
export interface Artifact {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

export interface Build {
  readonly version: string;
  /** Hash of the commit, and whether the files differed from it; undefined outside a Git checkout. */
  readonly commit: { readonly hash: string; readonly changed: boolean } | undefined;
  readonly packages: readonly Pick<BundledPackage, "purl" | "sha512">[];
  /** Reference of the base image with its digest, if an image was built. */
  readonly base?: string;
  readonly builder: string;
}

const BUILD_TYPE = "https://dockerhost.dev/build/npm-release/v1";

/**
 * Says what was made from what: an in-toto statement with SLSA's provenance. It is not signed, and has no times, so that
 * the same build gives the same text.
 */
export function provenance(subjects: readonly Artifact[], { version, commit, packages, base, builder }: Build): string {
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: subjects,
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { version },
        internalParameters: { sourceChanged: commit?.changed ?? true },
        resolvedDependencies: [
          ...(commit === undefined ? [] : [{ name: "source", digest: { gitCommit: commit.hash } }]),
          ...(base === undefined ? [] : [baseArtifact(base)]),
          ...packages.map(({ purl, sha512 }) => ({ uri: purl, digest: { sha512 } })),
        ],
      },
      runDetails: { builder: { id: builder } },
    },
  };
  return `${JSON.stringify(statement, undefined, 2)}\n`;
}

export function fileArtifact(name: string, path: string): Artifact {
  return { name, digest: { sha256: createHash("sha256").update(readFileSync(path)).digest("hex") } };
}

function baseArtifact(base: string): object {
  const [name, sha256] = base.split("@sha256:");
  return { uri: `docker:${name}`, digest: { sha256 } };
}
