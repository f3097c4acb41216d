import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { ChartValues } from "../chart/values.ts";
import { buildImage, PLATFORMS, tagOf } from "./container-builder.ts";
import { type Artifact, fileArtifact } from "./provenance.ts";
import { ROOT, run } from "./run-script.ts";

const NAME = "dockerhost-operator";

export interface ReleaseOptions {
  readonly version: string;
  readonly folder: string;
  /** Repository of the image, which chart and manifests name. */
  readonly repository: string;
  readonly helm: string;
}

/** Replaces the default repository of the image, which is in the values and in the manifests. */
function named(text: string, repository: string): string {
  return text.replaceAll(ChartValues.parse({}).image.repository, repository);
}

/** The chart, packaged; returns the name of its file. */
export function packageChart({ version, folder, repository, helm }: ReleaseOptions): string {
  const chart = join(folder, NAME);
  cpSync(join(ROOT, "deploy/chart"), chart, { recursive: true });
  for (const file of ["values.yaml", "Chart.yaml", "README.md"]) {
    writeFileSync(join(chart, file), named(readFileSync(join(chart, file), "utf8"), repository));
  }
  run(helm, ["package", chart, "--destination", folder]);
  rmSync(chart, { recursive: true });
  return `${NAME}-${version}.tgz`;
}

/** The definitions by themselves, and everything that `kubectl apply -k deploy/manifests` applies, in one file. */
export function writeManifests({ folder, repository }: Omit<ReleaseOptions, "helm">): void {
  const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
  writeFileSync(join(folder, "crd.yaml"), read("deploy/manifests/crd.yaml"));
  const parts = ["namespace.yaml", "crd.yaml", "operator.yaml"].map((file) => read(`deploy/manifests/${file}`));
  writeFileSync(join(folder, "install.yaml"), named(parts.join("---\n"), repository));
}

/** Images of all platforms as archives for `docker load`. */
export function saveImages(
  { version, folder, repository }: Omit<ReleaseOptions, "helm">,
  { builder, base }: { readonly builder: string; readonly base: string },
): void {
  for (const platform of PLATFORMS) {
    const tag = tagOf(`${repository}:${version}`, platform);
    buildImage(run, { builder, version, tag, base, platform });
    run(builder, ["save", "--output", join(folder, `${NAME}-${version}-${platform.replace("/", "-")}.tar`), tag]);
  }
}

/** Every file of the folder, by its digest. */
export function artifactsIn(folder: string): readonly Artifact[] {
  return readdirSync(folder)
    .sort()
    .map((name) => fileArtifact(name, join(folder, name)));
}

/** In the format of `sha256sum --check`. */
export function writeChecksums(folder: string): void {
  const lines = artifactsIn(folder).map(({ name, digest }) => `${digest.sha256}  ${name}\n`);
  writeFileSync(join(folder, "SHA256SUMS"), lines.join(""));
}

export function emptyFolder(version: string): string {
  const folder = join(ROOT, "release", version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

export interface Commit {
  readonly hash: string;
  readonly changed: boolean;
  /** Whether the version's tag exists, and is on this commit. */
  readonly tag: "absent" | "here" | "elsewhere";
}

/** The commit of the checkout; undefined without Git. */
export function readCommit(tag: string): Commit | undefined {
  const git = (...args: readonly string[]) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  try {
    const tags = (...args: readonly string[]) => git("tag", "--list", tag, ...args) !== "";
    return {
      hash: git("rev-parse", "HEAD"),
      changed: git("status", "--porcelain") !== "",
      tag: tags("--points-at", "HEAD") ? "here" : tags() ? "elsewhere" : "absent",
    };
  } catch {
    return undefined;
  }
}

export const PACKAGE_VERSION = packageJson.version;
