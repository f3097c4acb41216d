import { describe, expect, it } from "vitest";
import { dockerHost } from "../../test/support/docker-host.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { UpdateItemStatus } from "../api/status.ts";
import { updatesByImage } from "./image-updates.ts";

function host(name: string, ...items: readonly UpdateItemStatus[]): DockerHostObject {
  const { metadata, ...rest } = dockerHost({ status: { updates: { items: [...items] } } });
  return { ...rest, metadata: { ...metadata, name } };
}

const outdated = (container: string, image: string, available = "sha256:b"): UpdateItemStatus => ({
  container,
  image,
  verdict: "Outdated",
  running: "sha256:a",
  available,
});

describe("updatesByImage", () => {
  it("gathers the containers of an image over hosts, most containers first", () => {
    const hosts = [
      host("b", outdated("web", "nginx:1"), outdated("db", "postgres:17")),
      host("a", outdated("web-1", "nginx:1"), outdated("web-2", "nginx:1")),
    ];
    const found = updatesByImage(hosts);
    expect(found.map(({ image, containers }) => [image, containers.length])).toEqual([
      ["nginx:1", 3],
      ["postgres:17", 1],
    ]);
    expect(found[0]?.containers.map((each) => `${each.host} ${each.container}`)).toEqual([
      "fleet/a web-1",
      "fleet/a web-2",
      "fleet/b web",
    ]);
  });

  it("separates images that differ in digest or in the next step", () => {
    const restart: UpdateItemStatus = { container: "old", image: "nginx:1", verdict: "RestartPending" };
    const found = updatesByImage([host("a", outdated("x", "nginx:1"), outdated("y", "nginx:1", "sha256:c"), restart)]);
    expect(found.map(({ verdict, available }) => [verdict, available])).toEqual([
      ["Outdated", "sha256:b"],
      ["Outdated", "sha256:c"],
      ["RestartPending", undefined],
    ]);
  });

  it("shows newer tags in addition to what the verdict asks for", () => {
    const newerTag = { tag: "1.3", change: "Minor" } as const;
    const fine: UpdateItemStatus = { container: "web", image: "nginx:1.2", verdict: "UpToDate", newerTag };
    const found = updatesByImage([host("a", fine), host("b", { ...outdated("web", "nginx:1.2"), newerTag })]);
    expect(found.map(({ verdict, newerTag: tag, containers }) => [verdict, tag?.tag, containers.length])).toEqual([
      ["NewerTag", "1.3", 2],
      ["Outdated", undefined, 1],
    ]);
  });

  it("lists the images that could not be checked after the others, by cause", () => {
    const failed = (container: string, reason: string): UpdateItemStatus => ({
      ...{ container, image: "postgres:17", verdict: "Failed" },
      ...{ reason, message: `Message of ${reason}` },
    });
    const hosts = [
      host("a", failed("db", "RegistryTimedOut"), failed("db-2", "RegistryTimedOut"), outdated("web", "nginx:1")),
      host("b", failed("db", "RegistryUnauthorized")),
    ];
    const found = updatesByImage(hosts);
    expect(
      found.map(({ verdict, reason, message, containers }) => [verdict, reason, message, containers.length]),
    ).toEqual([
      ["Outdated", undefined, undefined, 1],
      ["Failed", "RegistryTimedOut", "Message of RegistryTimedOut", 2],
      ["Failed", "RegistryUnauthorized", "Message of RegistryUnauthorized", 1],
    ]);
  });

  it("leaves out containers for which nothing is to be done", () => {
    const fine: UpdateItemStatus = { container: "web", image: "nginx:1", verdict: "UpToDate" };
    expect(updatesByImage([host("a", fine), dockerHost()])).toEqual([]);
  });
});
