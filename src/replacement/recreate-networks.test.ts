import { describe, expect, it } from "vitest";
import { bodyOf, recreated, SHORT } from "../../test/support/recreated.ts";

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

  it("a setting of a network that is not known is dropped, with a warning that names it", () => {
    const { endpoints, warnings } = bodyOf({ networks: { bridge: { Novelty: [1], Unset: null, NetworkID: "1" } } });
    expect(endpoints.bridge).toEqual({});
    expect(warnings).toEqual(["The setting Novelty of network bridge is dropped: this program does not know it"]);
  });

  it.each<[what: string, mac: string, IPAddress: string, isKept: boolean, warned: boolean]>([
    ["one of a vendor is kept", "00:50:56:01:02:03", "10.0.1.2", true, false],
    ["one that was generated from the address is not", "02:42:0a:00:01:02", "10.0.1.2", false, false],
    ["one that may be generated is not, with a warning", "82:e9:e5:58:27:ac", "10.0.1.2", false, true],
    ["one that does not match the address is not, with a warning", "02:42:ac:11:00:99", "10.0.1.2", false, true],
    ["none is none", "", "", false, false],
  ])("of the MAC addresses in other networks, %s", (_, MacAddress, IPAddress, isKept, warned) => {
    const networks = { "net-a": {}, "net-b": { MacAddress, IPAddress } };
    const { endpoints, warnings } = bodyOf({ host, networks });
    expect(endpoints["net-b"]).toEqual(isKept ? { MacAddress } : {});
    expect(warnings).toEqual(warned ? [expect.stringContaining(`${MacAddress} in network net-b`)] : []);
  });

  it("the same applies to the first network if it is unknown whether a user has set its MAC address", () => {
    const given = (MacAddress: string) => ({
      host,
      networks: { "net-a": { ...two["net-a"], MacAddress } },
      config: { MacAddress: null },
      apiVersion: "1.56",
    });
    const vendors = bodyOf(given("00:50:56:01:02:03"));
    expect(vendors.endpoints["net-a"]).toHaveProperty("MacAddress", "00:50:56:01:02:03");
    expect(vendors.warnings).toEqual([]);
    const generated = bodyOf(given("82:e9:e5:58:27:ac"));
    expect(generated.endpoints["net-a"]).not.toHaveProperty("MacAddress");
    expect(generated.warnings).toEqual([expect.stringContaining("82:e9:e5:58:27:ac in network net-a")]);
    expect(bodyOf(given("02:42:0a:00:00:02")).warnings).toEqual([]);
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

  it.each([
    ["the default one of a daemon that has none", {}, { NetworkDisabled: true }],
    ["a network of a user on such a daemon", { NetworkMode: "net-a" }, { NetworkDisabled: true }],
  ])("none are connected if they are disabled and none is shown: %s", (_, settings, config) => {
    const { endpoints, networks } = bodyOf({ host: settings, networks: {}, config });
    expect([endpoints, networks]).toEqual([{}, []]);
  });

  it.each([[undefined], [false]])("none to connect is a problem if they are not disabled (%s)", (NetworkDisabled) => {
    const outcome = recreated({ networks: {}, config: { NetworkDisabled } });
    expect(outcome).toMatchObject({ ok: false, failure: { reason: "CannotCarryOver" } });
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
