import { createHash } from "node:crypto";
import type { ListedContainer } from "./engine-facts.ts";

/** What is remembered of a list of containers, to notice that it changed. */
export interface SeenContainers {
  readonly count: number;
  /** Differs if there are other containers, if one runs another image, or if the name of its image moved. */
  readonly fingerprint: string;
}

/** The order of the list does not matter. */
export function seenContainers(listed: readonly Pick<ListedContainer, "Id" | "Image" | "ImageID">[]): SeenContainers {
  const lines = listed.map(({ Id, Image, ImageID }) => JSON.stringify([Id, Image, ImageID])).sort();
  const hash = createHash("sha256");
  for (const line of lines) hash.update(line);
  return { count: lines.length, fingerprint: hash.digest("base64") };
}
