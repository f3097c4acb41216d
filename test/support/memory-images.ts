import type { ImageDetails } from "../../src/docker/engine-details.ts";

/** What the container of an image does: it runs, runs but never becomes healthy, or ends as soon as it is started. */
export type Behaviour = "runs" | "is sick" | "ends";

/** Digests of images in the registry. */
export const BEFORE = `sha256:${"1".repeat(64)}`;
export const GOOD = `sha256:${"2".repeat(64)}`;
export const BAD = `sha256:${"3".repeat(64)}`;
export const SICK = `sha256:${"4".repeat(64)}`;
/** An image that no update wants. */
export const OTHER = `sha256:${"5".repeat(64)}`;
const REPOSITORY = "localhost:5000/shop";
/** What their containers do. */
const BEHAVIOURS = new Map<string, Behaviour>([
  [BEFORE, "runs"],
  [GOOD, "runs"],
  [BAD, "ends"],
  [SICK, "is sick"],
  [OTHER, "runs"],
]);

/** The images of a daemon, and their names. */
export class MemoryImages {
  /** The image that each name stands for. */
  readonly tags = new Map<string, string>();
  readonly ids: Set<string>;
  readonly #store: "containerd" | "graph driver";

  constructor(store: "containerd" | "graph driver") {
    this.#store = store;
    this.ids = new Set([this.idOf(BEFORE)]);
  }

  /** The id of the image with this digest. */
  idOf(digest: string): string {
    return this.#store === "containerd" ? digest : `${digest.slice(0, -1)}f`;
  }

  /** Whether the registry has it. */
  pull(digest: string): boolean {
    const isThere = BEHAVIOURS.has(digest);
    if (isThere) this.ids.add(this.idOf(digest));
    return isThere;
  }

  behaviourOf(id: string): Behaviour | undefined {
    return [...BEHAVIOURS].find(([digest]) => this.idOf(digest) === id)?.[1];
  }

  /** @param name its id, a tag, or a name with a digest */
  find(name: string): ImageDetails | undefined {
    const id = this.ids.has(name) ? name : (this.tags.get(name) ?? this.idOf(digestOf(name)));
    if (!this.ids.has(id)) return undefined;
    const digest = [...BEHAVIOURS.keys()].find((each) => this.idOf(each) === id);
    const RepoTags = [...this.tags].flatMap(([tag, of]) => (of === id ? [tag] : []));
    const repositories = new Set([...this.tags.keys()].map((tag) => tag.replace(/:[^:/]+$/, "")));
    return { Id: id, RepoTags, RepoDigests: [...repositories].map((each) => `${each}@${digest}`), Config: {} };
  }
}

export function imageOf(container: string): string {
  return `${REPOSITORY}/${container}:1`;
}

function digestOf(name: string): string {
  return name.slice(name.lastIndexOf("sha256:"));
}

/** `2`, of the second image. */
export function numberOf(image: string): string {
  return digestOf(image).slice(7, 8);
}
