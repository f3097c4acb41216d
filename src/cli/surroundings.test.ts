import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { formatIpNetwork } from "../common/ip-network.ts";
import { type SurroundingsOptions, surroundings } from "./surroundings.ts";

const at = (address: string) => [{ address } as NetworkInterfaceInfo];

async function found(options: Partial<SurroundingsOptions> & { readonly server: string }) {
  const networks = await surroundings({ env: {}, interfaces: () => ({}), resolve: async () => [], ...options });
  return networks.map(formatIpNetwork);
}

describe("the surroundings of a controller", () => {
  it("are its own addresses and those of the API server", async () => {
    const interfaces = () => ({
      lo: [...at("127.0.0.1"), ...at("::1")],
      eth0: [...at("10.244.1.5"), ...at("fd12::5")],
    });
    const env = { KUBERNETES_SERVICE_HOST: "10.96.0.1" };
    expect(await found({ server: "https://10.96.0.1:443", env, interfaces })).toEqual([
      "10.244.1.5/32",
      "fd12::5/128",
      "10.96.0.1/32",
    ]);
    expect(await found({ server: "https://[fd12::1]:6443" })).toEqual(["fd12::1/128"]);
  });

  it("are what the API server's name resolves to, as far as it does", async () => {
    const resolve = async (name: string) => (name === "api.example.com" ? ["192.0.2.1", "2001:db8::1"] : []);
    expect(await found({ server: "https://api.example.com", resolve })).toEqual(["192.0.2.1/32", "2001:db8::1/128"]);
    const fails = () => Promise.reject(new Error("ENOTFOUND"));
    expect(await found({ server: "https://api.example.com", resolve: fails })).toEqual([]);
  });

  it("leave loopback to its own rule", async () => {
    expect(await found({ server: "https://127.0.0.1:6443", env: { KUBERNETES_SERVICE_HOST: "::1" } })).toEqual([]);
    const resolve = async () => ["127.0.0.1", "::1"];
    expect(await found({ server: "https://localhost:6443", resolve })).toEqual([]);
  });
});
