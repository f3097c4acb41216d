import type { Platform } from "./contents.ts";
import { type Format, imageIndex, imageManifest, LINUX_AMD64, type StoredManifest } from "./manifests.ts";

export interface PushOptions {
  /** An index of one image for each. Absent: a linux/amd64 image without an index. */
  readonly platforms?: readonly Platform[];
  /** Default oci. */
  readonly format?: Format;
  /** What the image for a platform holds; default something unlike any before. The same content is the same image. */
  readonly content?: (platform: Platform) => string;
}

/** What a simulated registry holds. */
export class Repositories {
  readonly #manifests = new Map<string, Map<string, StoredManifest>>();
  #pushes = 0;

  /** Pushes an image under this tag. The digests depend on nothing but the order of the pushes. */
  push(repository: string, tag: string, options: PushOptions = {}): StoredManifest {
    const unique = `push ${++this.#pushes} to ${repository}:${tag}`;
    const { format = "oci", platforms, content = () => unique } = options;
    const images = (platforms ?? [LINUX_AMD64]).map((platform) => imageManifest(format, platform, content(platform)));
    const [single] = images;
    const target = platforms === undefined && single !== undefined ? single : imageIndex(format, images);
    for (const manifest of [target, ...images]) this.#put(repository, manifest.digest, manifest);
    this.#put(repository, tag, target);
    return target;
  }

  /** By tag or by digest. */
  find(repository: string, reference: string): StoredManifest | undefined {
    return this.#manifests.get(repository)?.get(reference);
  }

  /** In their order; undefined for a repository that nobody pushed to. */
  tags(repository: string): readonly string[] | undefined {
    const references = this.#manifests.get(repository)?.keys();
    return references && [...references].filter((reference) => !reference.startsWith("sha256:")).sort();
  }

  #put(repository: string, reference: string, manifest: StoredManifest): void {
    const known = this.#manifests.get(repository) ?? new Map<string, StoredManifest>();
    this.#manifests.set(repository, known.set(reference, manifest));
  }
}
