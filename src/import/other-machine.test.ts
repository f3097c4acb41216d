import { describe, expect, it } from "vitest";
import { otherMachine } from "./other-machine.ts";

describe("otherMachine", () => {
  it.each([
    ["localhost", "where dockerhost runs"],
    ["LOCALHOST.", "where dockerhost runs"],
    ["db.localhost", "where dockerhost runs"],
    ["127.0.0.1", "where dockerhost runs"],
    ["127.1.2.3", "where dockerhost runs"],
    ["::1", "where dockerhost runs"],
    ["::ffff:127.0.0.1", "where dockerhost runs"],
    ["::ffff:7f00:1", "where dockerhost runs"],
    ["0.0.0.0", "where dockerhost runs"],
    ["::", "where dockerhost runs"],
    ["host.docker.internal", "on which the container runs"],
    ["Gateway.Docker.Internal", "on which the container runs"],
    ["host.containers.internal", "on which the container runs"],
    ["docker.for.mac.localhost", "on which the container runs"],
    ["172.17.0.1", "docker0"],
    ["172.17.0.5", "docker0"],
    ["172.18.0.1", "Docker network"],
    ["192.168.32.1", "Docker network"],
    ["192.168.65.2", "Docker Desktop"],
    ["169.254.3.4", "link-local"],
    ["fe80::1", "link-local"],
    ["proxy", "the service proxy"],
    ["PROXY", "the service proxy"],
  ])("%s is not the same elsewhere", (host, words) => {
    expect(otherMachine(host, new Map([["proxy", "the service proxy"]]))).toContain(words);
  });

  it.each([
    "edge-7",
    "edge-7.example.com",
    "10.0.0.5",
    "172.16.0.1",
    "172.18.0.7",
    "192.168.1.1",
    "192.168.0.1",
    "fd00::5",
    "172.32.0.1",
  ])("%s is the same everywhere", (host) => {
    expect(otherMachine(host, new Map([["proxy", "x"]]))).toBeUndefined();
  });
});
