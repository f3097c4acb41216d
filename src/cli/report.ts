import { styleText } from "node:util";
import type { DockerHostObject } from "../api/docker-host.ts";
import { keyOf } from "../runtime/object.ts";
import { type HostTableOptions, hostTable, inOrder, inSeveralNamespaces } from "./columns.ts";
import { oneLine, renderTable } from "./table.ts";

/** Colours a text, or leaves it unchanged if there is no terminal. */
export type Paint = (format: "green" | "yellow" | "red" | "bold" | "gray", text: string) => string;

export const plain: Paint = (_format, text) => text;
export const coloured: Paint = (format, text) => styleText(format, text, { validateStream: false });

export function paintFor(colour: boolean): Paint {
  return colour ? coloured : plain;
}

/** Renders the table of hosts, one line per host. */
export function hostLines(
  hosts: readonly DockerHostObject[],
  options: HostTableOptions & { readonly paint: Paint },
): string[] {
  const { header, rows } = hostTable(hosts, options);
  const lines = renderTable(header, rows);
  const ready = header.indexOf("READY");
  return lines.map((line, index) => {
    if (index === 0) return options.paint("bold", line);
    return options.paint(readyColour(rows[index - 1]?.[ready]), line);
  });
}

const NOTABLE: ReadonlySet<string> = new Set(["Outdated", "RestartPending", "Failed"]);

/** Renders the containers that need attention; empty if there are none. */
export function updateLines(hosts: readonly DockerHostObject[], paint: Paint): string[] {
  const nameOf = inSeveralNamespaces(hosts) ? keyOf : (host: DockerHostObject) => host.metadata.name;
  const hasTags = hosts.some((host) => (host.status?.updates?.newerTags ?? 0) > 0);
  const notable = inOrder(hosts).flatMap((host) =>
    (host.status?.updates?.items ?? [])
      .filter(({ verdict, newerTag }) => NOTABLE.has(verdict) || newerTag !== undefined)
      .map((item) => [
        nameOf(host),
        item.container,
        item.image,
        item.verdict,
        shortDigest(item.running),
        shortDigest(item.available),
        ...(hasTags ? [item.newerTag === undefined ? "" : `${item.newerTag.tag} (${item.newerTag.change})`] : []),
        item.verdict === "Failed" ? (item.message ?? item.reason ?? "") : "",
      ]),
  );
  if (notable.length === 0) return [];
  const [header = "", ...lines] = renderTable(
    ["HOST", "CONTAINER", "IMAGE", "VERDICT", "RUNNING", "AVAILABLE", ...(hasTags ? ["NEWER TAG"] : []), "DETAIL"],
    notable,
  );
  return ["", paint("bold", header), ...lines];
}

/** Renders a host's conditions, as `kubectl describe` shows them. */
export function conditionLines(host: DockerHostObject, paint: Paint): string[] {
  const { namespace, name } = host.metadata;
  const conditions = host.status?.conditions ?? [];
  const lines = renderTable(
    ["  TYPE", "STATUS", "REASON", "MESSAGE"],
    conditions.map(({ type, status, reason, message }) => [`  ${type}`, status, reason, message]),
  );
  const warnings = (host.status?.warnings ?? []).map((warning) => paint("yellow", `  Warning: ${oneLine(warning)}`));
  return [paint("bold", `${namespace}/${name}`), ...lines, ...warnings];
}

function readyColour(status: string | undefined): "green" | "yellow" | "red" {
  if (status === "True") return "green";
  return status === "False" ? "red" : "yellow";
}

/** Shortens a digest to enough characters to distinguish it from another. */
export function shortDigest(digest: string | undefined): string {
  return digest?.slice(0, "sha256:".length + 12) ?? "";
}
