import type { DockerHostObject } from "../api/docker-host.ts";
import type { UpdateItemStatus } from "../api/status.ts";
import { inOrder } from "./sort-order.ts";

/**
 * The verdicts that call for an action. `NewerTag` is listed whatever the verdict of the container is; `Failed` says that
 * it is not known whether there is an update.
 */
type UpdateVerdict = "Outdated" | "RestartPending" | "NewerTag" | "Failed";

/** An image that is out of date in at least one container of the fleet, has a newer tag, or could not be checked. */
export interface ImageUpdate {
  readonly image: string;
  readonly verdict: UpdateVerdict;
  /** The digest that the containers should run. */
  readonly available?: string;
  /** Set for `NewerTag`: the tag, and whether it is a Patch, Minor or Major change. */
  readonly newerTag?: NonNullable<UpdateItemStatus["newerTag"]>;
  /** Set for `Failed`: why the image could not be checked, in one word and for people. */
  readonly reason?: string;
  readonly message?: string;
  readonly containers: readonly {
    /** namespace/name */
    readonly host: string;
    readonly container: string;
    readonly running?: string;
  }[];
}

/**
 * Groups updates by image, those with the most containers first, then by name; images that failed come last. Hosts can
 * differ in what is available, so each digest has its own entry.
 */
export function updatesByImage(hosts: readonly DockerHostObject[]): ImageUpdate[] {
  const found = new Map<string, ImageUpdate & { readonly containers: ImageUpdate["containers"][number][] }>();
  for (const { metadata, status } of inOrder(hosts)) {
    for (const item of status?.updates?.items ?? []) {
      for (const update of updatesOf(item)) {
        const key = JSON.stringify(update);
        const entry = found.get(key) ?? { ...update, containers: [] };
        const { container, running } = item;
        entry.containers.push({
          host: `${metadata.namespace}/${metadata.name}`,
          container,
          ...(running !== undefined && { running }),
        });
        found.set(key, entry);
      }
    }
  }
  return [...found.values()].sort(
    (a, b) =>
      Number(a.verdict === "Failed") - Number(b.verdict === "Failed") ||
      b.containers.length - a.containers.length ||
      (a.image < b.image ? -1 : a.image > b.image ? 1 : 0),
  );
}

function updatesOf({
  image,
  verdict,
  available,
  newerTag,
  reason,
  message,
}: UpdateItemStatus): Omit<ImageUpdate, "containers">[] {
  const isBehind = verdict === "Outdated" || verdict === "RestartPending";
  return [
    ...(isBehind ? [{ image, verdict, ...(available !== undefined && { available }) }] : []),
    ...(verdict === "Failed"
      ? [{ image, verdict, ...(reason !== undefined && { reason }), ...(message !== undefined && { message }) }]
      : []),
    ...(newerTag !== undefined ? [{ image, verdict: "NewerTag" as const, newerTag }] : []),
  ];
}
