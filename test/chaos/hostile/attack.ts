import { createHash } from "node:crypto";
import type { ConditionType } from "../../../src/api/condition-types.ts";
import type { SimContainer, SimImage } from "../../sim/contents.ts";
import { MEDIA_TYPES } from "../../sim/manifests.ts";

/** What one tenant does to the controller that it shares with others. */
export interface Attack {
  readonly name: string;
  /** The tenant's objects. */
  readonly hosts: readonly { readonly name: string; readonly spec: object }[];
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What one of them shows its owner. */
  readonly shows: { readonly host: string; readonly type: ConditionType; readonly reasons: readonly string[] };
  /** Requests or connections that the far side has seen; 0 while the attack has not begun. */
  readonly seen: () => number;
  readonly stop: () => Promise<void>;
}

/** `count` objects with the same spec but for what depends on the number. */
export function manyHosts(prefix: string, count: number, spec: (index: number) => object) {
  return Array.from({ length: count }, (_, index) => ({ name: `${prefix}-${index}`, spec: spec(index) }));
}

/** A container of an image that the registry named in it may or may not have. */
export function containerOf(
  name: string,
  image: string,
): { readonly container: SimContainer; readonly image: SimImage } {
  const digest = (what: string) => `sha256:${createHash("sha256").update(`${what} of ${name}`).digest("hex")}`;
  const descriptor = (what: string, mediaType: string) => ({ mediaType, digest: digest(what), size: 500 });
  const runs: SimImage = {
    tags: [image],
    pulledFrom: [image.replace(/:[^:/]*$/, "")],
    target: descriptor("index", MEDIA_TYPES.ociIndex),
    manifest: {
      ...descriptor("manifest", MEDIA_TYPES.ociManifest),
      platform: { os: "linux", architecture: "amd64" },
    },
    configDigest: digest("config"),
  };
  const id = digest("container").slice("sha256:".length);
  return { image: runs, container: { id, name, image, runs } };
}

/** What a host runs that has one container of each image. */
export function contentsOf(names: readonly string[]) {
  const all = names.map((image, index) => containerOf(`app-${index}`, image));
  return { images: all.map(({ image }) => image), containers: all.map(({ container }) => container) };
}
