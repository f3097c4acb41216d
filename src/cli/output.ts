import type { DockerHostObject } from "../api/docker-host.ts";
import { toJson, toYaml } from "../common/escaped.ts";
import type { HostOrder } from "./columns.ts";
import { hostLines, type Paint, updateLines } from "./report.ts";

export const OUTPUT_FORMATS = ["table", "wide", "json", "yaml"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What a command prints on standard output, and nothing else there. */
export function formatHosts(
  hosts: readonly DockerHostObject[],
  format: OutputFormat,
  options: { readonly now: number; readonly paint: Paint; readonly order?: HostOrder },
): string {
  switch (format) {
    case "json":
      return `${toJson(toList(options.order?.(hosts) ?? hosts))}\n`;
    case "yaml":
      return toYaml(toList(options.order?.(hosts) ?? hosts));
    case "table":
    case "wide": {
      const lines = [
        ...hostLines(hosts, { wide: format === "wide", ...options }),
        ...updateLines(hosts, options.paint),
      ];
      return `${lines.join("\n")}\n`;
    }
  }
}

/** A Kubernetes List, as `kubectl get -o json` prints it. What only the API server gives (uid, versions) is left out. */
function toList(hosts: readonly DockerHostObject[]) {
  return {
    apiVersion: "v1",
    kind: "List",
    items: hosts.map(({ apiVersion, kind, metadata, spec, status }) => {
      const { uid: _, resourceVersion: __, ...kept } = metadata;
      return { apiVersion, kind, metadata: kept, spec, status };
    }),
    metadata: { resourceVersion: "" },
  };
}
