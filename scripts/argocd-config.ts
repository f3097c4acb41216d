import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";

const ACTIONS = ["check", "suspend", "resume"] as const;

const read = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../deploy/argocd/${file}`, import.meta.url)), "utf8");

/** Builds the entries for Argo CD's ConfigMap from the scripts in deploy/argocd/. */
export function argocdConfig(): string {
  const actions = {
    "discovery.lua": read("actions/discovery.lua"),
    definitions: ACTIONS.map((name) => ({ name, "action.lua": read(`actions/${name}.lua`) })),
  };
  const data = {
    "resource.customizations.health.dockerhost.dev_DockerHost": read("health.lua"),
    "resource.customizations.health.dockerhost.dev_ContainerUpdate": read("update-health.lua"),
    "resource.customizations.actions.dockerhost.dev_DockerHost": stringify(actions, { lineWidth: 0 }),
  };
  return `# Generated from the scripts in this folder by \`npm run generate\`; do not edit. Merge it into Argo CD's ConfigMap with:
#   kubectl -n argocd patch configmap argocd-cm --patch-file argocd-cm.yaml
${stringify({ data }, { lineWidth: 0 })}`;
}
