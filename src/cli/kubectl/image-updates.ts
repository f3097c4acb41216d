import type { DockerHostObject } from "../../api/docker-host.ts";
import type { UpdateItemStatus } from "../../api/status.ts";
import { keyOf } from "../../runtime/object.ts";
import type { NewerTag } from "../../updates/newer-tag.ts";
import { inOrder } from "../columns.ts";

/** The verdicts that ask somebody to do something about a container; or that there is a newer tag, whatever the verdict. */
type UpdateVerdict = "Outdated" | "RestartPending" | "NewerTag";

/** One image of the fleet that is out of date somewhere, or has a newer tag. */
export interface ImageUpdate {
  readonly image: string;
  readonly verdict: UpdateVerdict;
  /** The digest that it should run. */
  readonly available?: string;
  /** With `NewerTag`: which, and whether it is a Patch, Minor or Major change. */
  readonly newerTag?: NewerTag;
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
    for (const item of host.status?.updates?.items ?? []) {
      for (const update of updatesOf(item)) {
        const key = JSON.stringify(update);
        const entry = found.get(key) ?? { ...update, containers: [] };
        const { container, running } = item;
        entry.containers.push({ host: keyOf(host), container, ...(running !== undefined && { running }) });
        found.set(key, entry);
      }
    }
  }
  return [...found.values()].sort(
    (a, b) => b.containers.length - a.containers.length || (a.image < b.image ? -1 : a.image > b.image ? 1 : 0),
  );
}

function updatesOf({ image, verdict, available, newerTag }: UpdateItemStatus): Omit<ImageUpdate, "containers">[] {
  const isBehind = verdict === "Outdated" || verdict === "RestartPending";
  return [
    ...(isBehind ? [{ image, verdict, ...(available !== undefined && { available }) }] : []),
    ...(newerTag !== undefined ? [{ image, verdict: "NewerTag" as const, newerTag }] : []),
  ];
}
