import type { DockerHostObject } from "../../api/docker-host.ts";
import { keyOf } from "../../runtime/object.ts";
import { inOrder } from "../columns.ts";

/** The verdicts that ask somebody to do something about a container. */
type UpdateVerdict = "Outdated" | "RestartPending";

/** One image of the fleet that is out of date somewhere. */
export interface ImageUpdate {
  readonly image: string;
  readonly verdict: UpdateVerdict;
  /** The digest that it should run. */
  readonly available?: string;
  readonly containers: readonly {
    /** namespace/name */
    readonly host: string;
    readonly container: string;
    readonly running?: string;
  }[];
}

/** Most containers first, then by name. What is available may differ by host: each digest is an entry of its own. */
export function updatesByImage(hosts: readonly DockerHostObject[]): ImageUpdate[] {
  const found = new Map<string, ImageUpdate & { readonly containers: ImageUpdate["containers"][number][] }>();
  for (const host of inOrder(hosts)) {
    for (const { image, verdict, available, container, running } of host.status?.updates?.items ?? []) {
      if (verdict !== "Outdated" && verdict !== "RestartPending") continue;
      const key = JSON.stringify([image, verdict, available]);
      const entry = found.get(key) ?? { image, verdict, ...(available !== undefined && { available }), containers: [] };
      entry.containers.push({ host: keyOf(host), container, ...(running !== undefined && { running }) });
      found.set(key, entry);
    }
  }
  return [...found.values()].sort(
    (a, b) => b.containers.length - a.containers.length || (a.image < b.image ? -1 : a.image > b.image ? 1 : 0),
  );
}
