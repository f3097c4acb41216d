import { createHash } from "node:crypto";
import type { SimContainer, SimImage } from "../sim/contents.ts";

/** A digest, or an id, of one digit. */
export const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

/** An image that was pulled. */
export function image(digit: string, changes: Partial<SimImage> = {}): SimImage {
  const descriptor = { mediaType: "application/vnd.oci.image.manifest.v1+json", size: 500 };
  return {
    tags: [],
    pulledFrom: ["registry.example:5000/app"],
    target: { ...descriptor, digest: digest(digit) },
    manifest: { ...descriptor, digest: digest(digit), platform: { os: "linux", architecture: "amd64" } },
    configDigest: digest("c"),
    ...changes,
  };
}

export function container(name: string, runs: SimImage, changes: Partial<SimContainer> = {}): SimContainer {
  return {
    id: createHash("sha256").update(name).digest("hex"),
    name,
    image: "registry.example:5000/app:1",
    runs,
    ...changes,
  };
}
