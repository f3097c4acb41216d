import { describe, expect, it } from "vitest";
import { digestOf, imageInIndex, listOf } from "./manifest-list.ts";

const OCI = "application/vnd.oci.image.manifest.v1+json";
const DOCKER = "application/vnd.docker.distribution.manifest.v2+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const image = (mediaType: string, platform: "linux/amd64" | "linux/arm64") => ({
  mediaType,
  bytes: Buffer.from(`{"of":"${platform}"}`),
  platform,
});

describe("listOf", () => {
  it.each([
    [OCI, OCI, INDEX],
    [DOCKER, DOCKER, LIST],
    [OCI, DOCKER, INDEX],
  ])("refers to %s and %s from %s", (first, second, expected) => {
    const images = [image(first, "linux/amd64"), image(second, "linux/arm64")];
    const { mediaType, bytes } = listOf(images);
    expect(mediaType).toBe(expected);
    expect(JSON.parse(bytes.toString())).toEqual({
      schemaVersion: 2,
      mediaType: expected,
      manifests: images.map((each) => ({
        mediaType: each.mediaType,
        digest: digestOf(each.bytes),
        size: each.bytes.length,
        platform: { os: "linux", architecture: each.platform.slice(6) },
      })),
    });
  });
});

describe("imageInIndex", () => {
  const index = (...architectures: readonly string[]) => ({
    mediaType: INDEX,
    bytes: Buffer.from(
      JSON.stringify({
        manifests: architectures.map((architecture) => ({
          digest: `of ${architecture}`,
          platform: { os: architecture === "unknown" ? "unknown" : "linux", architecture },
        })),
      }),
    ),
  });

  it("finds the platform's image among attestations, and leaves an image as it is", () => {
    expect(imageInIndex(index("unknown", "arm64"), "linux/arm64")).toBe("of arm64");
    expect(imageInIndex(image(OCI, "linux/arm64"), "linux/arm64")).toBeUndefined();
  });

  it("refuses an index without the platform", () => {
    expect(() => imageInIndex(index("amd64", "unknown"), "linux/arm64")).toThrow("contains no image for linux/arm64");
  });
});
