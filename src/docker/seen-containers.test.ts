import { describe, expect, it } from "vitest";
import { seenContainers } from "./seen-containers.ts";

const web = { Id: "1".repeat(64), Names: ["/web"], Image: "web:1", ImageID: "sha256:aa" };
const api = { Id: "2".repeat(64), Names: ["/api"], Image: "api:1", ImageID: "sha256:bb" };
const fingerprint = (...listed: readonly (typeof web)[]) => seenContainers(listed).fingerprint;

describe("seenContainers", () => {
  it("does not depend on the order of the list, and has a fixed size", () => {
    expect(seenContainers([web, api])).toEqual(seenContainers([api, web]));
    expect(seenContainers([web, api])).toEqual({ count: 2, fingerprint: expect.stringMatching(/^.{44}$/) });
  });

  it.each([
    ["was removed", [web]],
    ["was started", [web, api, { ...api, Id: "3".repeat(64) }]],
    ["was recreated", [web, { ...api, Id: "3".repeat(64) }]],
    ["was renamed", [web, { ...api, Names: ["/new"] }]],
    ["runs another image", [web, { ...api, ImageID: "sha256:cc" }]],
    ["has an image whose tag moved", [web, { ...api, Image: "sha256:bb" }]],
  ])("differs if a container %s", (_, listed) => {
    expect(fingerprint(...listed)).not.toBe(fingerprint(web, api));
  });

  it("does not change with the links of other containers, or without names", () => {
    expect(fingerprint(web, { ...api, Names: ["/proxy/backend", "/api"] })).toBe(fingerprint(web, api));
    expect(seenContainers([{ ...web, Names: null }]).count).toBe(1);
  });

  it("does not confuse where one field ends and the next begins", () => {
    expect(fingerprint({ ...web, Id: "1", Image: "23" })).not.toBe(fingerprint({ ...web, Id: "12", Image: "3" }));
  });
});
