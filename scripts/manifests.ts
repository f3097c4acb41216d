/** `npm run manifests`: writes deploy/manifests/operator.yaml from the chart, with the helm on the PATH or in $HELM. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { operatorManifest } from "./chart/manifests.ts";

const path = (name: string) => fileURLToPath(new URL(`../deploy/${name}`, import.meta.url));
const helm = (args: readonly string[]) => execFileSync(process.env.HELM ?? "helm", args, { encoding: "utf8" });

writeFileSync(path("manifests/operator.yaml"), await operatorManifest(helm, path("chart")));
console.log("Wrote deploy/manifests/operator.yaml");
