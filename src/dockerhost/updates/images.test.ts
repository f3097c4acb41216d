import { describe, expect, it } from "vitest";
import { failed, type Outcome } from "../../api/failure.ts";
import type { Reason } from "../../api/reasons.ts";
import { success } from "../../common/result.ts";
import type { ContainerFacts, ImageFacts } from "../../docker/facts.ts";
import { collectImages } from "./images.ts";

const image = (id: string): ImageFacts => ({ id, repoTags: [], repoDigests: [] });
const container = (imageId: string, facts: Partial<ContainerFacts> = {}): ContainerFacts => ({
  id: "0",
  name: "web",
  image: "app:1",
  imageId,
  state: "running",
  labels: {},
  ...facts,
});
const refuse = (reason: Reason) => failed(reason, reason);

function session(listed: Outcome<readonly ImageFacts[]>, single: Readonly<Record<string, Outcome<ImageFacts>>> = {}) {
  const inspected: string[] = [];
  return {
    inspected,
    listImages: async () => listed,
    inspectImage: async (_version: string, id: string) => {
      inspected.push(id);
      return single[id] ?? success(undefined);
    },
  };
}

describe("collectImages", () => {
  it("inspects once each image that the list does not show", async () => {
    const daemon = session(success([image("a")]), { b: success(image("b")) });
    const containers = ["a", "b", "b", "gone"].map((id) => container(id));
    expect(await collectImages(daemon, "1.44", containers, undefined)).toEqual(
      success({ images: [image("a"), image("b")], imageFailures: new Map() }),
    );
    expect(daemon.inspected).toEqual(["b", "gone"]);
  });

  it("knows why one image is hidden, and fails for any other failure", async () => {
    const hidden = session(success([image("a")]), { b: refuse("PermissionDenied") });
    const containers = [container("a"), container("b")];
    expect(await collectImages(hidden, "1.44", containers, undefined)).toEqual(
      success({ images: [image("a")], imageFailures: new Map([["b", refuse("PermissionDenied").failure]]) }),
    );
    const broken = session(success([image("a")]), { b: refuse("ConnectionReset") });
    expect(await collectImages(broken, "1.44", containers, undefined)).toEqual(refuse("ConnectionReset"));
    const cut = session(refuse("ConnectionReset"));
    expect(await collectImages(cut, "1.44", containers, undefined)).toEqual(refuse("ConnectionReset"));
  });

  it.each([
    ["/info reports", "containerd", {}],
    ["the containers show", undefined, { manifestDigest: "m" }],
  ] as const)(
    "takes an image's id for its digest where all are hidden and %s containerd's store",
    async (_, store, facts) => {
      const denied = session(refuse("PermissionDenied"));
      expect(await collectImages(denied, "1.44", [container("a", facts)], store)).toEqual(
        success({ images: [{ ...image("a"), descriptorDigest: "a" }], imageFailures: new Map() }),
      );
      expect(denied.inspected).toEqual([]);
    },
  );

  it.each(["graphdriver", undefined] as const)(
    "knows nothing where all are hidden and the store is %s",
    async (store) => {
      const denied = session(refuse("AuthorizationDenied"));
      const { failure } = refuse("AuthorizationDenied");
      expect(await collectImages(denied, "1.44", [container("a")], store)).toEqual(
        success({ images: [], imageFailures: new Map([["a", failure]]) }),
      );
    },
  );
});
