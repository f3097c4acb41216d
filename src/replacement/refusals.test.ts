import { describe, expect, it } from "vitest";
import { ContainerDetails } from "../docker/engine-details.ts";
import { refuseContainer, refuseEngine } from "./refusals.ts";

const ID = `0123456789ab${"c".repeat(52)}`;
const engine = { name: "Docker", apiVersion: "1.44", os: "linux", port: 2376, ownHostname: "fedcba987654" };

interface Given {
  readonly labels?: object;
  readonly host?: object;
  readonly state?: object;
  readonly exposed?: object;
  /** The ports that it has got on the host. */
  readonly ports?: object | null;
}

function container({ labels = {}, host = {}, state = {}, exposed = {}, ports = {} }: Given = {}) {
  return ContainerDetails.parse({
    Id: ID,
    Name: "/web",
    Image: "sha256:1",
    State: { Status: "running", ...state },
    Config: { Image: "web:1", Labels: labels, ExposedPorts: exposed },
    HostConfig: host,
    NetworkSettings: { Ports: ports },
  });
}

const published = (HostPort: string, inside = "2375/tcp") => ({
  PortBindings: { [inside]: [{ HostIp: "", HostPort }] },
});

describe("a container that is not replaced", () => {
  it.each<[what: string, given: Given, reason: string]>([
    ["is removed when it stops", { host: { AutoRemove: true } }, "ContainerAutoRemoved"],
    ["is a task of Swarm", { labels: { "com.docker.swarm.task.id": "x" } }, "SwarmManaged"],
    ["is paused", { state: { Status: "paused", Paused: true } }, "ContainerPaused"],
    ["is dead", { state: { Status: "dead" } }, "ContainerInTransition"],
    ["is being removed", { state: { Status: "removing" } }, "ContainerInTransition"],
    ["publishes the port of the connection", { host: published("2376") }, "CarriesConnection"],
    [
      "got the port of the connection from a range, or as any one",
      { host: published(""), ports: published("2376").PortBindings },
      "CarriesConnection",
    ],
    [
      "exposes the port of the connection in the host's network",
      { host: { NetworkMode: "host" }, exposed: { "2376/tcp": {} } },
      "CarriesConnection",
    ],
    [
      "says that it carries the connection",
      { labels: { "dockerhost.dev/carries-connection": "true" } },
      "CarriesConnection",
    ],
  ])("%s", (_, given, reason) => {
    expect(refuseContainer(container(given), engine)).toMatchObject({ reason });
  });

  it("is the one that this program runs in", () => {
    expect(refuseContainer(container(), { ...engine, ownHostname: ID.slice(0, 12) })?.reason).toBe("CarriesConnection");
  });

  it.each<[what: string, given: Given]>([
    ["an ordinary one", {}],
    ["another port", { host: published("8080") }],
    ["the same port over UDP", { host: published("2376", "2376/udp") }],
    ["a random port", { host: published(""), ports: published("32768").PortBindings }],
    ["a port that it has not got", { host: published(""), ports: { "2375/tcp": null } }],
    ["no port at all", { ports: null }],
    ["the same port exposed in a network of its own", { host: { NetworkMode: "bridge" }, exposed: { "2376/tcp": {} } }],
    ["another port exposed in the host's network", { host: { NetworkMode: "host" }, exposed: { "80/tcp": {} } }],
    ["one that does not run", { state: { Status: "exited" } }],
    ["one that restarts", { state: { Status: "restarting" } }],
  ])("is not: %s", (_, given) => {
    expect(refuseContainer(container(given), engine)).toBeUndefined();
  });
});

describe("an engine", () => {
  it("other than Docker, or with other than Linux containers, is refused", () => {
    expect(refuseEngine({ name: "Podman", apiVersion: "1.41" })?.reason).toBe("EngineUnsupported");
    expect(refuseEngine({ ...engine, os: "windows" })?.reason).toBe("EngineUnsupported");
    expect(refuseEngine(engine)).toBeUndefined();
  });
});
