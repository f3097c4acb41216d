import { describe, expect, it } from "vitest";
import { ContainerDetails, ImageDetails } from "../docker/engine-details.ts";
import { recreate } from "./recreate.ts";
import { LABEL } from "./transaction-label.ts";

const ID = "a".repeat(64);
const SHORT = ID.slice(0, 12);

interface Given {
  readonly config?: object;
  readonly host?: object;
  readonly networks?: object;
  readonly mounts?: readonly object[];
  readonly image?: object | null;
  readonly apiVersion?: string;
  readonly newIds?: ReadonlyMap<string, string>;
  readonly containers?: readonly string[];
}

function recreated({
  config,
  host,
  networks = { bridge: {} },
  mounts = [],
  image = {},
  apiVersion = "1.44",
  newIds,
  containers,
}: Given) {
  const old = ContainerDetails.parse({
    Id: ID,
    Name: "/web",
    Image: "sha256:1",
    State: { Status: "running" },
    Config: { Image: "web:1", Hostname: SHORT, ...config },
    HostConfig: { NetworkMode: "default", ...host },
    Mounts: mounts,
    NetworkSettings: { Networks: networks },
  });
  return recreate(old, {
    oldImage: image === null ? undefined : ImageDetails.parse({ Id: "sha256:1", Config: image }),
    image: "web:2",
    apiVersion,
    engine: { os: "linux", arch: "amd64", hostname: "machine" },
    newIds: newIds ?? new Map(),
    containers: new Set(containers ?? []),
  });
}

function bodyOf(given: Given) {
  const result = recreated(given);
  if (!result.ok) throw new Error(result.failure.message);
  const { HostConfig, NetworkingConfig, ...config } = result.value.body as Record<string, Record<string, unknown>>;
  const endpoints = (NetworkingConfig?.EndpointsConfig ?? {}) as Record<string, Record<string, unknown>>;
  return { config: config as Record<string, unknown>, host: HostConfig ?? {}, endpoints, ...result.value };
}

describe("what the image gave", () => {
  it.each<[what: string, config: object, image: object, expected: object]>([
    ["equal environment is dropped, the rest kept", { Env: ["A=1", "B=2"] }, { Env: ["A=1", "B=1"] }, { Env: ["B=2"] }],
    [
      "equal labels are dropped",
      { Labels: { a: "1", b: "2" } },
      { Labels: { a: "1", b: "1" } },
      { Labels: { b: "2" } },
    ],
    ["labels of an earlier update are dropped", { Labels: { [LABEL]: "{}", a: "1" } }, {}, { Labels: { a: "1" } }],
    [
      "exposed ports of the image are dropped",
      { ExposedPorts: { "80/tcp": {}, "81/tcp": {} } },
      { ExposedPorts: { "80/tcp": {} } },
      { ExposedPorts: { "81/tcp": {} } },
    ],
    [
      "volumes of the image are dropped",
      { Volumes: { "/a": {}, "/b": {} } },
      { Volumes: { "/a": {} } },
      { Volumes: { "/b": {} } },
    ],
    [
      "a label named like a member of every object is kept",
      { Labels: { constructor: "x" } },
      { Labels: {} },
      { Labels: { constructor: "x" } },
    ],
    ["an own working directory is kept", { WorkingDir: "/own" }, { WorkingDir: "/image" }, { WorkingDir: "/own" }],
    [
      "an own health check is kept as a whole",
      { Healthcheck: { Test: ["CMD", "a"], Retries: 1 } },
      { Healthcheck: { Test: ["CMD", "a"] } },
      { Healthcheck: { Test: ["CMD", "a"], Retries: 1 } },
    ],
    [
      "a disabled health check is kept",
      { Healthcheck: { Test: ["NONE"] } },
      { Healthcheck: { Test: ["CMD", "a"] } },
      { Healthcheck: { Test: ["NONE"] } },
    ],
    [
      "equal entry point and command are dropped",
      { Entrypoint: ["e"], Cmd: ["c"] },
      { Entrypoint: ["e"], Cmd: ["c"] },
      { Entrypoint: null, Cmd: null },
    ],
    [
      "an own command is kept",
      { Entrypoint: ["e"], Cmd: ["own"] },
      { Entrypoint: ["e"], Cmd: ["c"] },
      { Entrypoint: null, Cmd: ["own"] },
    ],
    [
      "with an own entry point, an equal command is kept",
      { Entrypoint: ["own"], Cmd: ["c"] },
      { Entrypoint: ["e"], Cmd: ["c"] },
      { Entrypoint: ["own"], Cmd: ["c"] },
    ],
    [
      'an emptied entry point is sent as [""]',
      { Entrypoint: null, Cmd: ["own"] },
      { Entrypoint: ["e"], Cmd: ["c"] },
      { Entrypoint: [""], Cmd: ["own"] },
    ],
    [
      "an emptied command keeps the entry point explicit",
      { Entrypoint: ["e"], Cmd: null },
      { Entrypoint: ["e"], Cmd: ["c"] },
      { Entrypoint: ["e"], Cmd: null },
    ],
  ])("%s", (_, config, image, expected) => {
    expect(bodyOf({ config, image }).config).toMatchObject(expected);
  });

  it.each(["WorkingDir", "User", "StopSignal", "StopTimeout", "Healthcheck", "Shell"])(
    "%s is left out if it is equal",
    (key) => {
      const value =
        key === "StopTimeout" ? 5 : key === "Healthcheck" ? { Test: ["CMD", "a"] } : key === "Shell" ? ["sh"] : "x";
      expect(bodyOf({ config: { [key]: value }, image: { [key]: value } }).config).not.toHaveProperty(key);
      expect(bodyOf({ config: { [key]: value } }).config).toHaveProperty(key, value);
    },
  );

  it("a published port stays exposed, since the daemon ignores it otherwise", () => {
    const host = { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "80" }] } };
    const { config } = bodyOf({
      config: { ExposedPorts: { "80/tcp": {} } },
      image: { ExposedPorts: { "80/tcp": {} } },
      host,
    });
    expect(config.ExposedPorts).toEqual({ "80/tcp": {} });
  });

  it("everything is kept, with a warning, if the image is gone", () => {
    const { config, warnings } = bodyOf({ config: { Env: ["A=1"], WorkingDir: "/w" }, image: null });
    expect(config).toMatchObject({ Env: ["A=1"], WorkingDir: "/w", Image: "web:2" });
    expect(warnings.join()).toContain("image is gone");
  });

  it("build triggers are left out", () => {
    expect(bodyOf({ config: { OnBuild: ["RUN x"] } }).config).not.toHaveProperty("OnBuild");
  });
});

describe("the host name", () => {
  it.each<[what: string, hostname: string, host: object, kept: boolean]>([
    ["the id", SHORT, {}, false],
    ["an own one", "edge", {}, true],
    ["the machine's, in its network", "machine", { NetworkMode: "host" }, false],
    ["an own one, in the machine's network", "edge", { NetworkMode: "host" }, true],
    ["that of another container", "other", { NetworkMode: `container:${"b".repeat(64)}` }, false],
    ["that of the machine's namespace", "machine", { UTSMode: "host" }, false],
  ])("%s", (_, Hostname, host, kept) => {
    expect("Hostname" in bodyOf({ config: { Hostname }, host }).config).toBe(kept);
  });
});

describe("networks", () => {
  const two = {
    "net-a": {
      NetworkID: "1".repeat(64),
      EndpointID: "e",
      IPAddress: "10.0.0.2",
      MacAddress: "02:42:0a:00:00:02",
      Aliases: ["db", SHORT],
      IPAMConfig: { IPv4Address: "10.0.0.2" },
    },
    "net-b": {
      NetworkID: "2".repeat(64),
      Aliases: [SHORT],
      IPAMConfig: {},
      DriverOpts: { x: "y" },
      GwPriority: 3,
      Links: ["a:b"],
    },
  };
  const host = { NetworkMode: "net-a" };

  it("only the settings of a user are kept for each network, and one request contains all networks", () => {
    const { endpoints, networks } = bodyOf({ host, networks: two });
    expect(endpoints).toEqual({
      "net-a": { Aliases: ["db"], IPAMConfig: { IPv4Address: "10.0.0.2" } },
      "net-b": { DriverOpts: { x: "y" }, GwPriority: 3, Links: ["a:b"] },
    });
    expect(networks).toEqual([]);
  });

  it("before API 1.44 all but the first are connected later", () => {
    const { endpoints, networks } = bodyOf({ host, networks: two, apiVersion: "1.43" });
    expect(Object.keys(endpoints)).toEqual(["net-a"]);
    expect(networks.map(({ network }) => network)).toEqual(["net-b"]);
  });

  it("a MAC address that a user has set stays with the first network, or the container before API 1.44", () => {
    const given = { host, networks: two, config: { MacAddress: "02:42:ac:11:00:99" } };
    expect(bodyOf(given).endpoints["net-a"]).toHaveProperty("MacAddress", "02:42:ac:11:00:99");
    expect(bodyOf(given).config).not.toHaveProperty("MacAddress");
    expect(bodyOf({ ...given, apiVersion: "1.43" }).config).toHaveProperty("MacAddress", "02:42:ac:11:00:99");
    expect(bodyOf({ host, networks: two }).endpoints["net-a"]).not.toHaveProperty("MacAddress");
  });

  it.each(["host", "none", `container:${"b".repeat(64)}`])("%s has no endpoints", (NetworkMode) => {
    expect(bodyOf({ host: { NetworkMode }, networks: { [NetworkMode]: {} } }).endpoints).toEqual({});
  });

  it("the default bridge has no aliases, and is called so", () => {
    expect(bodyOf({ networks: { bridge: { Aliases: ["x"] } } }).endpoints).toEqual({ bridge: {} });
  });

  it("a network that is named by its id keeps that name", () => {
    const NetworkMode = "1".repeat(64);
    expect(Object.keys(bodyOf({ host: { NetworkMode }, networks: two }).endpoints)).toEqual([NetworkMode, "net-b"]);
  });

  it("one that was disconnected from its first network starts with the next, and says so", () => {
    const { host: kept, endpoints, warnings } = bodyOf({ host: { NetworkMode: "gone" }, networks: { "net-b": {} } });
    expect(kept.NetworkMode).toBe("net-b");
    expect(Object.keys(endpoints)).toEqual(["net-b"]);
    expect(warnings.join()).toContain("disconnected from its first network gone");
  });

  it("one without any network left is refused", () => {
    const result = recreated({ host: { NetworkMode: "gone" }, networks: {} });
    expect(result).toMatchObject({ ok: false, failure: { reason: "CannotCarryOver" } });
  });
});

describe("volumes", () => {
  const volume = (Name: string, Destination: string, RW = true) => ({ Type: "volume", Name, Destination, RW });

  it("those without a name are mounted by the one that the daemon gave them", () => {
    const mounts = [volume("f00", "/data"), volume("named", "/own"), volume("ba5", "/ro", false)];
    const { host } = bodyOf({ mounts, host: { Binds: ["named:/own:rw"] } });
    expect(host.Binds).toEqual(["named:/own:rw", "f00:/data", "ba5:/ro:ro"]);
  });

  it("a mount without a source gets that of its volume", () => {
    const { host } = bodyOf({
      mounts: [volume("f00", "/data")],
      host: { Mounts: [{ Type: "volume", Target: "/data/" }] },
    });
    expect(host.Mounts).toEqual([{ Type: "volume", Target: "/data/", Source: "f00" }]);
    expect(host.Binds).toBeUndefined();
  });

  it("options of another type of mount are left out", () => {
    const mount = {
      Type: "bind",
      Source: "/a",
      Target: "/a",
      BindOptions: { Propagation: "rslave" },
      VolumeOptions: { NoCopy: true },
    };
    expect(bodyOf({ host: { Mounts: [mount] } }).host.Mounts).toEqual([
      { Type: "bind", Source: "/a", Target: "/a", BindOptions: { Propagation: "rslave" } },
    ]);
  });

  it("volumes of a container that is gone are mounted directly, with a warning", () => {
    const { host, warnings } = bodyOf({
      mounts: [volume("f00", "/data")],
      host: { VolumesFrom: ["gone:ro", "there"] },
      containers: ["there"],
    });
    expect(host.VolumesFrom).toEqual(["there"]);
    expect(host.Binds).toEqual(["f00:/data"]);
    expect(warnings.join()).toContain("gone");
  });
});

describe("the rest of the host's settings", () => {
  it("what is not known is carried over", () => {
    expect(bodyOf({ host: { SomethingNew: { deep: [1] } } }).host).toMatchObject({ SomethingNew: { deep: [1] } });
  });

  it("containers that are replaced as well are referred to by their new ids", () => {
    const [one, other] = ["b".repeat(64), "c".repeat(64)];
    const newIds = new Map([[one, other]]);
    const host = { NetworkMode: `container:${one}`, PidMode: `container:${one}`, IpcMode: "private" };
    expect(bodyOf({ host, newIds }).host).toMatchObject({
      NetworkMode: `container:${other}`,
      PidMode: `container:${other}`,
      IpcMode: "private",
    });
  });

  it("links lead to containers that are replaced as well by their new ids, to others as before", () => {
    const host = { Links: ["/db:/web/db", "/cache:/web/c"] };
    const newIds = new Map([["db", "c".repeat(64)]]);
    expect(bodyOf({ host, newIds }).host.Links).toEqual([`${"c".repeat(64)}:db`, "/cache:/web/c"]);
  });

  it("a kernel memory limit is left out, with a warning, if the engine does not support it", () => {
    expect(bodyOf({ host: { KernelMemory: 64 }, apiVersion: "1.41" }).host).toHaveProperty("KernelMemory", 64);
    const { host, warnings } = bodyOf({ host: { KernelMemory: 64 }, apiVersion: "1.42" });
    expect(host).not.toHaveProperty("KernelMemory");
    expect(warnings.join()).toContain("kernel memory");
  });

  it("random ports are reported", () => {
    const PortBindings = { "80/tcp": [{ HostIp: "", HostPort: "" }] };
    expect(bodyOf({ host: { PortBindings } }).warnings).toEqual([
      "Port 80/tcp is published on another random port of the host",
    ]);
    expect(bodyOf({ host: { PublishAllPorts: true } }).warnings).toHaveLength(1);
  });

  it("another platform than the machine's is asked for", () => {
    expect(bodyOf({}).platform).toBeUndefined();
  });
});
