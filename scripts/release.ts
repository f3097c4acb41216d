/** `npm run release -- VERSION`: makes everything that is published of a version, and publishes it. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ChartValues } from "./chart/values.ts";
import { findBuilder, ScriptError } from "./release/container-builder.ts";
import { provenance } from "./release/provenance.ts";
import { publish } from "./release/publish.ts";
import { checkRelease, pinnedBase } from "./release/release-checks.ts";
import {
  artifactsIn,
  emptyFolder,
  PACKAGE_VERSION,
  packageChart,
  readCommit,
  saveImages,
  writeChecksums,
  writeManifests,
} from "./release/release-files.ts";
import { ROOT, run, runScript } from "./release/run-script.ts";

const USAGE = `Usage: npm run release -- VERSION [--dry-run] [--registry REGISTRY] [--base IMAGE@DIGEST]

Makes release/VERSION/: the chart, the images for amd64 and arm64 as archives, the definition, the plain manifests, the
software bill of materials, the provenance and checksums. Then pushes the images and the chart, and tags the commit.

  --dry-run             makes everything and publishes nothing
  --registry REGISTRY   where images and chart are pushed, such as registry.example.com/team; chart and manifests name it.
                        The default is that of the chart
  --base IMAGE@DIGEST   base image; it must be pinned by its digest. The default is that of the Dockerfile
  --builder-id URI      who builds, for the provenance
  --help                shows this text

It needs docker or podman, and helm on the PATH or in $HELM. Log in to the registry first.
`;

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

await runScript(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "dry-run": { type: "boolean", default: false },
      registry: { type: "string" },
      base: { type: "string" },
      "builder-id": { type: "string", default: "https://dockerhost.dev/builders/local" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [version = "", ...others] = positionals;
  if (others.length > 0) throw new ScriptError(`Give one version, not ${positionals.length}. --help shows how.`);
  const tag = `v${version}`;
  const commit = readCommit(tag);
  const dryRun = values["dry-run"];
  const changed = commit?.changed ?? true;
  const changelog = read("CHANGELOG.md");
  checkRelease({ version, packageVersion: PACKAGE_VERSION, changelog, changed, tag: commit?.tag, dryRun });
  const base = pinnedBase(values.base, read("Dockerfile"));
  const builder = findBuilder();
  const helm = process.env.HELM || "helm";
  run(helm, ["version", "--short"]);

  const { registry } = values;
  const repository =
    registry === undefined ? ChartValues.parse({}).image.repository : `${registry}/dockerhost-operator`;
  const folder = emptyFolder(version);
  const options = { version, folder, repository, helm };
  run(process.execPath, [join(ROOT, "scripts/build.ts")]);
  saveImages(options, { builder, base });
  const chart = packageChart(options);
  writeManifests(options);
  copyFileSync(join(ROOT, "dist/sbom.cdx.json"), join(folder, "sbom.cdx.json"));
  const build = { version, commit, packages: bundledPackages(), base, builder: values["builder-id"] };
  writeFileSync(join(folder, "provenance.intoto.json"), provenance(artifactsIn(folder), build));
  writeChecksums(folder);
  console.log(`Wrote release/${version}/.`);
  if (dryRun) return;

  const { image, charts } = await publish(run, { builder, helm }, { version, repository, chart: join(folder, chart) });
  if (commit?.tag !== "here") run("git", ["tag", "--annotate", tag, "--message", `Release ${version}`]);
  console.log(`Pushed ${image} and ${charts}/dockerhost-operator. Now push the tag: git push origin ${tag}`);
});

/** The packages of the bundle that was just built. */
function bundledPackages(): readonly { readonly purl: string; readonly sha512: string }[] {
  const { components } = JSON.parse(read("dist/sbom.cdx.json")) as {
    components: readonly { purl: string; hashes: readonly [{ content: string }] }[];
  };
  return components.map(({ purl, hashes: [{ content }] }) => ({ purl, sha512: content }));
}
