import type { DockerHostObject } from "../api/docker-host.ts";
import type { UpdateItemStatus } from "../api/status.ts";
import { inOrder } from "./sort-order.ts";

/** The containers that run one digest of an image. */
export interface DigestInUse {
  /** Undefined if the check found none, as for images that were built on the host. */
  readonly digest: string | undefined;
  /** Their verdict: containers of one digest with different verdicts are apart. */
  readonly verdict: UpdateItemStatus["verdict"];
  readonly containers: readonly { readonly host: string; readonly container: string }[];
}

export interface ImageInUse {
  readonly image: string;
  readonly containers: number;
  readonly outdated: number;
  readonly digests: readonly DigestInUse[];
}

type Group = Map<string, DigestInUse & { readonly containers: DigestInUse["containers"][number][] }>;

/**
 * The images that hosts list, and which host runs which digest. Images with outdated containers come first, then those
 * with the most containers.
 */
export function imagesInUse(hosts: readonly DockerHostObject[]): readonly ImageInUse[] {
  const images = new Map<string, Group>();
  for (const { metadata, status } of inOrder(hosts)) {
    for (const { image, running, verdict, container } of status?.updates?.items ?? []) {
      const group: Group = images.get(image) ?? new Map();
      images.set(image, group);
      const key = `${verdict} ${running ?? ""}`;
      const entry = group.get(key) ?? { digest: running, verdict, containers: [] };
      group.set(key, entry);
      entry.containers.push({ host: `${metadata.namespace}/${metadata.name}`, container });
    }
  }
  return [...images]
    .map(([image, group]) => toImage(image, [...group.values()]))
    .sort((a, b) => b.outdated - a.outdated || b.containers - a.containers || (a.image < b.image ? -1 : 1));
}

function toImage(image: string, digests: readonly DigestInUse[]): ImageInUse {
  const count = (chosen: readonly DigestInUse[]) => chosen.reduce((sum, { containers }) => sum + containers.length, 0);
  const isBehind = ({ verdict }: DigestInUse) => verdict === "Outdated" || verdict === "RestartPending";
  return {
    image,
    containers: count(digests),
    outdated: count(digests.filter(isBehind)),
    digests: digests.toSorted((a, b) => b.containers.length - a.containers.length),
  };
}
