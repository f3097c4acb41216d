import { describe, expect, it } from "vitest";
import { parseEndpoint } from "../docker/endpoint.ts";
import { isKubeName } from "../runtime/kube-object.ts";
import { distinctKubeName, endpointName, kubeName } from "./kube-name.ts";

describe("kubeName", () => {
  it.each([
    ["edge-7.example.com", "edge-7.example.com"],
    ["Edge_7", "edge-7"],
    ["10.0.0.5", "10.0.0.5"],
    ["fd00::5", "fd00-5"],
    ["_build.+host-", "build.host"],
    ["edge-7.", "edge-7"],
    ["/run/user/1000/docker.sock", "run-user-1000-docker.sock"],
  ])("makes %j to %j", (text, name) => {
    expect(kubeName(text)).toBe(name);
  });

  it("makes a name of anything, always the same and no two alike", () => {
    const texts = ["", "...", "生产", "测试", "-".repeat(300), "a".repeat(300), `${"a".repeat(300)}b`];
    const names = texts.map(kubeName);
    for (const name of names) {
      expect(isKubeName(`${name}-tls`)).toBe(true);
      expect(name).toMatch(/^[a-z0-9]/);
    }
    expect(new Set(names).size).toBe(texts.length);
    expect(texts.map(kubeName)).toEqual(names);
  });

  it("distinguishes two texts with the same name", () => {
    expect(distinctKubeName("Edge_7")).not.toBe(distinctKubeName("edge-7"));
    expect(distinctKubeName("Edge_7")).toMatch(/^edge-7-[0-9a-f]{8}$/);
  });
});

describe("endpointName", () => {
  it.each([
    ["tcp://edge-7:2376", "edge-7"],
    ["tcp://edge-7:2999", "edge-7-2999"],
    ["https://[fd00::5]", "ip-fd00::5"],
    ["ssh://docker@edge-7", "edge-7"],
    ["unix:///var/run/docker.sock", "docker"],
    ["unix:///run/other.sock", "/run/other.sock"],
  ])("calls %s %s", (host, name) => {
    const endpoint = parseEndpoint(host, false);
    expect(endpoint.ok && endpointName(endpoint.value)).toBe(name);
  });
});
