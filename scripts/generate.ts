/**
 * Writes the files that are generated from the sources: the CustomResourceDefinition, tables of the docs, parts of the
 * chart and Argo CD's configuration. With --check, fails if a file differs.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { customResourceDefinition } from "../src/api/crd.ts";
import type { Kind } from "../src/api/kind.ts";
import { KINDS } from "../src/api/kinds.ts";
import { apiPage } from "./api-page.ts";
import { argocdConfig } from "./argocd-config.ts";
import { chartFiles } from "./chart/chart-files.ts";
import { commandsPage } from "./commands-page.ts";
import { flagsPage } from "./flags-page.ts";
import { metricsPage } from "./metrics-page.ts";
import { reasonsPage } from "./reasons-page.ts";

const HEADER = "# Generated from src/api/ by `npm run generate`; do not edit.\n";

const crd = (kind: Kind) => stringify(customResourceDefinition(kind), { lineWidth: 0, aliasDuplicateObjects: false });

const generated: Readonly<Record<string, string>> = {
  ...Object.fromEntries(KINDS.map((kind) => [`crds/${kind.group}_${kind.plural}.yaml`, HEADER + crd(kind)])),
  // kustomize does not read files outside its folder.
  "deploy/manifests/crd.yaml": HEADER + KINDS.map(crd).join("---\n"),
  "deploy/argocd/argocd-cm.yaml": argocdConfig(),
  "docs/reasons.md": reasonsPage(),
  "docs/metrics.md": metricsPage(),
  ...Object.fromEntries(Object.entries(chartFiles()).map(([path, text]) => [`deploy/chart/${path}`, text])),
  "docs/flags.md": flagsPage(),
  "docs/commands.md": commandsPage(),
  "docs/api.md": apiPage(),
};

const check = process.argv.includes("--check");
let stale = false;
for (const [path, content] of Object.entries(generated)) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  if (!check) {
    writeFileSync(file, content);
    console.log(`Wrote ${path}`);
  } else if (!existsSync(file) || readFileSync(file, "utf8") !== content) {
    stale = true;
    console.error(`${path} does not match the sources; run \`npm run generate\` and commit the result.`);
  }
}
if (stale) process.exit(1);
