import type { DockerHostObject } from "../api/docker-host.ts";
import type { UpdateItemStatus } from "../api/status.ts";
import type { Sliced } from "../common/in-slices.ts";
import { inOrder } from "./sort-order.ts";

/** The containers that run one digest of an image. */
export interface DigestInUse {
  /** Undefined if the check found none, as for images that were built on the host. */
  readonly digest: string | undefined;
  /** Their verdict. Containers of one digest with different verdicts are listed separately. */
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

/** The number of containers that are grouped without a break, which takes some milliseconds. */
const SLICE = 1_000;

/**
 * Returns the images on the hosts, and which host runs which digest. Images with outdated containers come first, then
 * those with the most containers; the digests of an image are in the same order. The work is done in slices, because a
 * large fleet has many containers.
 */
export function* imagesInUse(hosts: readonly DockerHostObject[]): Sliced<readonly ImageInUse[]> {
  const images = new Map<string, Group>();
  let count = 0;
  for (const { metadata, status } of inOrder(hosts)) {
    for (const { image, running, verdict, container } of status?.updates?.items ?? []) {
      if (++count % SLICE === 0) yield;
      const group: Group = images.get(image) ?? new Map();
      images.set(image, group);
      const key = `${verdict} ${running ?? ""}`;
      const entry = group.get(key) ?? { digest: running, verdict, containers: [] };
      group.set(key, entry);
      entry.containers.push({ host: `${metadata.namespace}/${metadata.name}`, container });
    }
  }
  const all: ImageInUse[] = [];
  for (const [image, group] of images) {
    all.push(toImage(image, [...group.values()]));
    if (all.length % SLICE === 0) yield;
  }
  return all.sort((a, b) => b.outdated - a.outdated || b.containers - a.containers || (a.image < b.image ? -1 : 1));
}

function toImage(image: string, digests: readonly DigestInUse[]): ImageInUse {
  const count = (chosen: readonly DigestInUse[]) => chosen.reduce((sum, { containers }) => sum + containers.length, 0);
  const isBehind = ({ verdict }: DigestInUse) => verdict === "Outdated" || verdict === "RestartPending";
  return {
    image,
    containers: count(digests),
    outdated: count(digests.filter(isBehind)),
    digests: digests.toSorted(
      (a, b) => Number(isBehind(b)) - Number(isBehind(a)) || b.containers.length - a.containers.length,
    ),
  };
}
