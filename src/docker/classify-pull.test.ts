import { describe, expect, it } from "vitest";
import { pullFailure } from "./classify-pull.ts";
import { readPullItem } from "./pull-event.ts";

const DIGEST = `sha256:${"8b94f073402d6661".repeat(4)}`;
const IMAGE = `registry.example.com/shop/web@${DIGEST}`;

/** What an error in the stream of a pull means. */
function failureOf(error: string) {
  const item = readPullItem(Buffer.from(JSON.stringify({ error, errorDetail: { message: error } })));
  return pullFailure(item?.error ?? "", IMAGE, true);
}

const LAYER = `failed to extract layer (application/vnd.oci.image.layer.v1.tar+gzip ${DIGEST}) to overlayfs as "extract-237119566-OERY ${DIGEST}"`;

describe("an error in the stream of a pull", () => {
  it.each([
    ["write /var/lib/docker/tmp/GetImageBlob1: no space left on device", "HostDiskFull"],
    [
      `failed to register layer: Error processing tar file(exit status 1): write /zeros: no space left on device`,
      "HostDiskFull",
    ],
    // containerd names the layer twice before it says what is wrong.
    [`${LAYER}: write /var/lib/containerd/${"fs/".repeat(60)}zeros: no space left on device`, "HostDiskFull"],
    [`${LAYER}: write /var/lib/containerd/fs/zeros: disk quota exceeded`, "HostDiskFull"],
    [`${LAYER}: unexpected EOF`, "RegistryUnreachable"],
    [`${LAYER}: toomanyrequests: You have reached your pull rate limit`, "RegistryRateLimited"],
  ])("%s", (error, reason) => {
    expect(failureOf(error).reason).toBe(reason);
  });

  it("that the digest is missing has advice about the digest, not about the name", () => {
    const { reason, message } = failureOf(`manifest for ${IMAGE} not found: manifest unknown`);
    expect([reason, message]).toEqual(["ImageNotFound", expect.stringContaining("Choose a digest that the registry")]);
  });

  it("is shown only in part", () => {
    expect(failureOf(`${LAYER}: ${"x".repeat(10_000)}`).message.length).toBeLessThan(500);
  });
});
