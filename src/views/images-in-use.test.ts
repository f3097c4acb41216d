import { expect, it } from "vitest";
import { dockerHost } from "../../test/support/docker-host.ts";
import { atOnce } from "../common/in-slices.ts";
import { imagesInUse } from "./images-in-use.ts";

it("groups containers by image and digest, those that are outdated first", () => {
  const item = (container: string, image: string, verdict: "UpToDate" | "Outdated", running: string) => ({
    container,
    image,
    verdict,
    running,
  });
  const items = [
    item("a", "fine:1", "UpToDate", "sha256:1"),
    item("b", "fine:1", "UpToDate", "sha256:1"),
    item("c", "old:1", "Outdated", "sha256:2"),
    item("d", "old:1", "UpToDate", "sha256:3"),
    item("e", "old:1", "UpToDate", "sha256:3"),
  ];
  expect(
    atOnce(imagesInUse([dockerHost({ status: { updates: { items } } })])).map(
      ({ image, containers, outdated, digests }) => [image, containers, outdated, digests.map(({ digest }) => digest)],
    ),
  ).toEqual([
    ["old:1", 3, 1, ["sha256:2", "sha256:3"]],
    ["fine:1", 2, 0, ["sha256:1"]],
  ]);
});

it("pauses after each thousand containers and images, however they are spread over hosts", () => {
  const items = Array.from({ length: 50 }, (_, i) => ({ container: `c${i}`, verdict: "UpToDate" as const }));
  const host = (name: string) => {
    const images = items.map((item) => ({ ...item, image: `${name}-${item.container}` }));
    const object = dockerHost({ status: { updates: { items: images } } });
    return { ...object, metadata: { ...object.metadata, name } };
  };
  const work = imagesInUse(Array.from({ length: 100 }, (_, i) => host(`edge-${i}`)));
  let pauses = 0;
  while (work.next().done !== true) pauses++;
  expect(pauses).toBe(10);
});
