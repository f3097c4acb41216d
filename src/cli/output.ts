import type { DockerHostObject } from "../api/docker-host.ts";
import { GROUP } from "../api/group.ts";
import { toJson, toYaml } from "../common/escaped.ts";
import { type HostOrder, inOrder } from "../views/sort-order.ts";
import type { Paint } from "./condition-lines.ts";
import { hostLines } from "./host-lines.ts";
import type { OutputFormat } from "./output-formats.ts";
import { updateLines } from "./update-lines.ts";

export interface FormatOptions {
  /** Wall-clock milliseconds. */
  readonly now: number;
  readonly paint: Paint;
  readonly order?: HostOrder | undefined;
  /** Columns of the terminal, if standard output is one. */
  readonly width?: number | undefined;
}

/** Formats hosts for standard output, on which a command prints nothing else. */
export function formatHosts(hosts: readonly DockerHostObject[], format: OutputFormat, options: FormatOptions): string {
  switch (format) {
    case "json":
      return `${toJson(toList(options.order?.(hosts) ?? hosts))}\n`;
    case "yaml":
      return toYaml(toList(options.order?.(hosts) ?? hosts));
    case "name":
      return (options.order ?? inOrder)(hosts)
        .map((host) => `${resourceName(host)}\n`)
        .join("");
    case "table":
    case "wide": {
      const lines = [
        ...hostLines(hosts, { wide: format === "wide", ...options }),
        ...updateLines(hosts, { ...options, all: format === "wide" }),
      ];
      return `${lines.join("\n")}\n`;
    }
  }
}

/** Names a host as `kubectl get -o name` does. */
export function resourceName({ metadata }: DockerHostObject): string {
  return `dockerhost.${GROUP}/${metadata.name}`;
}

/**
 * Builds a Kubernetes List like `kubectl get -o json`, without the fields that only the API server sets (uid,
 * versions).
 */
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
