import { createHash } from "node:crypto";
import { type ListedContainer, ownName } from "./engine-facts.ts";

/** What is remembered of a list of containers, to notice that it changed. */
export interface SeenContainers {
  readonly count: number;
  /** Differs if there are other containers, if one has another name or image, or if the name of its image moved. */
  readonly fingerprint: string;
}

/** The order of the list does not matter. */
export function seenContainers(
  listed: readonly Pick<ListedContainer, "Id" | "Names" | "Image" | "ImageID">[],
): SeenContainers {
  const lines = listed.map(({ Id, Names, Image, ImageID }) =>
    // The other names are links from other containers.
    JSON.stringify([Id, ownName(Names ?? []) ?? "", Image, ImageID]),
  );
  lines.sort();
  const hash = createHash("sha256");
  for (const line of lines) hash.update(line);
  return { count: lines.length, fingerprint: hash.digest("base64") };
}
