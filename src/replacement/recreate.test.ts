import { describe, expect, it } from "vitest";
import { bodyOf, SHORT } from "../../test/support/recreated.ts";
import { LABEL } from "./transaction-label.ts";

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
      "an own part of a health check is kept, the rest comes from the image",
      { Healthcheck: { Test: ["CMD", "a"], Interval: 5, Retries: 1 } },
      { Healthcheck: { Test: ["CMD", "a"], Interval: 5 } },
      { Healthcheck: { Retries: 1 } },
    ],
    [
      "an own command of a health check is kept without the interval of the image",
      { Healthcheck: { Test: ["CMD", "own"], Interval: 5, StartInterval: 2 } },
      { Healthcheck: { Test: ["CMD", "a"], Interval: 5, StartInterval: 1 } },
      { Healthcheck: { Test: ["CMD", "own"], StartInterval: 2 } },
    ],
    [
      "an overridden variable is kept, whatever the image has",
      { Env: ["PATH=/bin", "A=own", "B=1"] },
      { Env: ["PATH=/bin", "A=1", "B=1"] },
      { Env: ["A=own"] },
    ],
    ["an emptied variable is kept", { Env: ["A="] }, { Env: ["A=1"] }, { Env: ["A="] }],
    [
      "an own user and working directory are kept next to the image's command",
      { User: "1", WorkingDir: "/w", Cmd: ["c"] },
      { User: "0", WorkingDir: "/w", Cmd: ["c"] },
      { User: "1", Cmd: null, Entrypoint: null },
    ],
    [
      "an own command without any entry point is kept",
      { Cmd: ["own"] },
      { Cmd: ["c"] },
      { Cmd: ["own"], Entrypoint: null },
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
