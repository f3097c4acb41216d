import { describe, expect, it, onTestFinished } from "vitest";
import { startSimFleet } from "../../test/sim/fleet.ts";
import { runCli } from "../../test/support/cli.ts";
import { summaries } from "../../test/support/docker-host.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { startHttpProxy } from "../../test/support/http-proxy.ts";
import type { DockerHostObject } from "../api/docker-host.ts";

/** A daemon over mutual TLS and a registry over HTTPS, as manifests; the daemon's images are of that registry. */
async function world() {
  const fleet = await startSimFleet({ hosts: 1, containersPerHost: 1, images: 1 });
  onTestFinished(() => fleet.close());
  const secret = (name: string, stringData: object) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    stringData,
  });
  const { certPem, keyPem } = fleet.client;
  const ca = fleet.authority.certPem;
  const spec = {
    host: fleet.hosts[0]?.endpoint,
    tls: { verify: true, certSecretRef: { name: "tls" } },
    updateCheck: { registries: [{ host: fleet.registry.host, certSecretRef: { name: "registry-ca" } }] },
  };
  const items = [
    { apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", metadata: { name: "edge" }, spec },
    secret("tls", { "ca.pem": ca, "cert.pem": certPem, "key.pem": keyPem }),
    secret("registry-ca", { "ca.crt": ca }),
  ];
  const folder = await folderWith({
    "fleet.json": JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    login: "me:hunter2-of-the-proxy\n",
  });
  const check = async (...flags: readonly string[]) => {
    const { stdout, stderr } = await runCli(["check", "-f", `${folder}/fleet.json`, "-o", "json", ...flags]);
    const [host] = (JSON.parse(stdout) as { items: DockerHostObject[] }).items;
    return { conditions: summaries(host?.status?.conditions), output: stdout + stderr };
  };
  return { registry: fleet.registry.host, login: `${folder}/login`, check };
}

describe("--registry-proxy", () => {
  it("is used for registries, and never for daemons", async () => {
    const { registry, login, check } = await world();
    const proxy = await startHttpProxy({ credentials: "me:hunter2-of-the-proxy" });
    const flags = ["--registry-proxy", proxy.url.href, "--registry-proxy-auth-file", login];
    const { conditions, output } = await check(...flags);
    expect(conditions).toEqual(
      expect.arrayContaining(["Ready=True Succeeded", "UpdateCheckSucceeded=True CheckSucceeded"]),
    );
    expect(proxy.seen.length).toBeGreaterThan(0);
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT ${registry}`]));
    expect(output).not.toContain("hunter2");
  });

  it("is not used for the hosts of --registry-no-proxy", async () => {
    const { check } = await world();
    const proxy = await startHttpProxy({ refusesWith: 403 });
    const flags = ["--registry-proxy", proxy.url.href];
    expect((await check(...flags, "--registry-no-proxy", "localhost,127.0.0.0/8")).conditions).toContain(
      "UpdateCheckSucceeded=True CheckSucceeded",
    );
    expect(proxy.seen).toEqual([]);
    const refused = await check(...flags);
    expect(refused.conditions).toEqual(
      expect.arrayContaining(["Ready=True Succeeded", "UpdateCheckSucceeded=False RegistryUnreachable"]),
    );
    expect(refused.output).toContain("the proxy does not connect to it (403)");
  });

  it.each([
    [["--registry-proxy", "http://me:hunter2@proxy:3128"], "it must not contain credentials"],
    [["--registry-proxy", "socks5://proxy:1080"], "it must be http://HOST:PORT or https://HOST:PORT"],
    [["--registry-no-proxy", "a/b", "--registry-proxy", "http://proxy"], '"a/b" is not a valid host name'],
    [["--registry-proxy-auth-file", "/login"], "--registry-proxy-auth-file needs --registry-proxy"],
  ])("is refused with wrong values, which are not repeated if they are secret: %j", async (flags, message) => {
    const { code, stdout, stderr } = await runCli(["check", "--host", "tcp://127.0.0.1:1", ...flags]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stdout + stderr).not.toContain("hunter2");
  });
});
