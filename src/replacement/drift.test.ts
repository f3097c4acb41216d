import { describe, expect, it } from "vitest";
import { driftWarnings } from "./drift.ts";

const PROJECT = "com.docker.compose.project";
const FILES = "com.docker.compose.project.config_files";
const COMPOSE =
  "The Compose project shop owns it: change the image in its file from BEFORE to AFTER, or the next `docker compose up` goes back";
const PORTAINER =
  "A Portainer stack (shop) owns it: Portainer shows the new image only after it has updated the stack itself";

const compose = (before: string, after: string) => COMPOSE.replace("BEFORE", before).replace("AFTER", after);

describe("the warnings of drift", () => {
  it.each([
    ["nobody manages it", {}, "web:1", "web:2", []],
    ["another tag in Compose", { [PROJECT]: "shop" }, "web:1", "web:2", [compose("web:1", "web:2")]],
    ["the same tag in Compose", { [PROJECT]: "shop" }, "web:1", "web:1", []],
    ["the same image without its tag", { [PROJECT]: "shop" }, "web", "web:latest", []],
    ["the same image with its registry", { [PROJECT]: "shop" }, "docker.io/library/web:1", "web:1", []],
    [
      "the same name in another registry",
      { [PROJECT]: "shop" },
      "registry.test/library/web:1",
      "web:1",
      [compose("registry.test/library/web:1", "web:1")],
    ],
    [
      "a tag instead of a fixed digest",
      { [PROJECT]: "shop" },
      `web:1@sha256:${"a".repeat(64)}`,
      "web:1",
      [compose(`web:1@sha256:${"a".repeat(64)}`, "web:1")],
    ],
    ["the image by its id", { [PROJECT]: "shop" }, "sha256:abc", "web:1", [compose("sha256:abc", "web:1")]],
    ["a file of Compose", { [PROJECT]: "shop", [FILES]: "/srv/shop/compose.yaml" }, "web:1", "web:1", []],
    [
      "a stack of Portainer",
      { [PROJECT]: "shop", [FILES]: "/data/compose/7/docker-compose.yml" },
      "web:1",
      "web:1",
      [PORTAINER],
    ],
    [
      "a stack of Portainer with a second file and another tag",
      { [PROJECT]: "shop", [FILES]: "/srv/base.yaml,/data/compose/7/v2/stack.yml" },
      "web:1",
      "web:2",
      [compose("web:1", "web:2"), PORTAINER],
    ],
    ["a folder with a similar path", { [PROJECT]: "shop", [FILES]: "/srv/data/compose/7/a.yml" }, "web:1", "web:1", []],
    ["a file without a project", { [FILES]: "/data/compose/7/docker-compose.yml" }, "web:1", "web:2", []],
  ])("with %s", (_, labels, before, after, expected) => {
    expect(driftWarnings(labels, before, after)).toEqual(expected);
  });
});
