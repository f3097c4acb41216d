import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { formatIpNetwork } from "../common/ip-network.ts";
import { type SurroundingsOptions, surroundings } from "./surroundings.ts";

const at = (address: string) => [{ address } as NetworkInterfaceInfo];

async function found(options: Partial<SurroundingsOptions> & { readonly server: string }) {
  const { signal } = new AbortController();
  const defaults = { env: {}, interfaces: () => ({}), resolve: async () => [], clock: new FakeClock(), signal };
  const networks = await surroundings({ ...defaults, ...options });
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
    const clock = new FakeClock();
    const waiting = found({ server: "https://api.example.com", clock, resolve: () => new Promise(() => undefined) });
    await settle();
    await clock.advance(5_000);
    expect(await waiting).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("are the Services that Kubernetes names to the pod, and nothing that somebody else wrote into a variable", async () => {
    const env = {
      GRAFANA_SERVICE_HOST: "10.96.7.7",
      GRAFANA_SERVICE_PORT: "80",
      MY_APP_2_SERVICE_HOST: "fd12::77",
      MY_APP_2_SERVICE_PORT: "8080",
      NAMED_SERVICE_HOST: "edge-7.example.com",
      NAMED_SERVICE_PORT: "2376",
      BUILD_SERVICE_HOST: "192.0.2.7",
      OTHER_HOST: "192.0.2.8",
    };
    expect(await found({ server: "https://192.0.2.1", env })).toEqual(["192.0.2.1/32", "10.96.7.7/32", "fd12::77/128"]);
  });

  it("leave loopback to its own rule", async () => {
    expect(await found({ server: "https://127.0.0.1:6443", env: { KUBERNETES_SERVICE_HOST: "::1" } })).toEqual([]);
    const resolve = async () => ["127.0.0.1", "::1"];
    expect(await found({ server: "https://localhost:6443", resolve })).toEqual([]);
  });
});
