import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { type SimDaemon, type SimDaemonOptions, startSimDaemon } from "../../test/sim/daemon.ts";
import { type SimFleet, startSimFleet } from "../../test/sim/fleet.ts";
import { pullImage } from "../../test/sim/pull.ts";
import { type SimRegistry, startSimRegistry } from "../../test/sim/registry.ts";
import { runCli } from "../../test/support/cli.ts";
import { summaries } from "../../test/support/docker-host.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import type { DockerHostObject } from "../api/docker-host.ts";

const LAUNCHER = fileURLToPath(new URL("../../bin/dockerhost.js", import.meta.url));

async function plainDaemon(options: SimDaemonOptions = {}) {
  const daemon = await startSimDaemon(options);
  onTestFinished(() => daemon.close());
  return daemon;
}

/** What `check -o json` of one host finds. */
async function ready(args: readonly string[]): Promise<string | undefined> {
  const { stdout } = await runCli(["check", "-o", "json", ...args]);
  return firstCondition(stdout);
}

function firstCondition(json: string): string | undefined {
  const [host] = (JSON.parse(json) as { items: DockerHostObject[] }).items;
  return summaries(host?.status?.conditions)[0];
}

describe("the flags of networks", () => {
  it("leave loopback to the commands of a terminal, and deny it by choice", async () => {
    const daemon = await plainDaemon();
    const host = `tcp://127.0.0.1:${daemon.port}`;
    expect(await ready(["--host", host])).toBe("Ready=True Succeeded");
    expect(await ready(["--host", `tcp://localhost:${daemon.port}`])).toBe("Ready=True Succeeded");
    daemon.counters.reset();
    const denied = "Ready=False EndpointDenied";
    expect(await ready(["--host", host, "--denied-endpoint-cidrs", "127.0.0.0/8,::1"])).toBe(denied);
    const several = ["--denied-endpoint-cidrs", "10.0.0.0/8", "--denied-endpoint-cidrs", "127.0.0.1"];
    expect(await ready(["--host", host, ...several])).toBe(denied);
    expect(daemon.counters.connections).toBe(0);
    const exclusive = ["--denied-endpoint-cidrs", "0.0.0.0/0, ::/0", "--allowed-endpoint-cidrs", "127.0.0.0/8"];
    expect(await ready(["--host", host, ...exclusive])).toBe("Ready=True Succeeded");
  });

  it("deny link-local addresses from the start", async () => {
    expect(await ready(["--host", "tcp://169.254.169.254:2375"])).toBe("Ready=False EndpointDenied");
    expect(await ready(["--host", "tcp://[fe80::1]:2375"])).toBe("Ready=False EndpointDenied");
  });

  it.each([
    ["--denied-endpoint-cidrs", "10.0.0.1/8", "'10.0.0.1/8' has bits set after its prefix; write 10.0.0.0/8."],
    ["--allowed-endpoint-cidrs", "10.0.0.0/8,,::1", "'' is not a valid address or network; write one such as"],
    ["--allowed-endpoint-cidrs", "edge-7", "'edge-7' is not a valid address or network; write one such as"],
  ])("%s %s is a mistake in the usage of each command", async (flag, value, message) => {
    for (const command of [["check"], ["run", "-f", "fleet"], ["controller"]]) {
      const { code, stderr } = await runCli([...command, flag, value]);
      expect(stderr).toContain(message);
      expect(stderr).toContain(flag);
      expect(code).toBe(2);
    }
  });

  it.each(["check", "run", "controller"])("are explained by %s --help, as is --require-tls", async (command) => {
    const { stdout } = await runCli([command, "--help"]);
    for (const flag of ["--denied-endpoint-cidrs", "--allowed-endpoint-cidrs", "--require-tls"]) {
      expect(stdout).toContain(flag);
    }
    expect(stdout.includes("link-local, loopback")).toBe(command === "controller");
    expect(stdout).toContain("marked `insecure`");
  });
});

describe("--require-tls", () => {
  it("refuses a plaintext daemon before it is dialled", async () => {
    const daemon = await plainDaemon();
    const host = ["--host", `tcp://127.0.0.1:${daemon.port}`];
    expect(await ready([...host, "--require-tls"])).toBe("Ready=False PlaintextForbidden");
    expect(daemon.counters.connections).toBe(0);
    expect(await ready(host)).toBe("Ready=True Succeeded");
  });
});

describe("the variables of proxies", () => {
  /** Ends with the test. */
  function launch(proxy: string, input: string): ChildProcess {
    const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
    const { NO_PROXY: _, no_proxy: __, ...inherited } = process.env;
    const proxies = Object.fromEntries(names.map((name) => [name, proxy]));
    const env = { ...inherited, NODE_USE_ENV_PROXY: "1", ...proxies };
    const args = ["check", "-f", "-", "-o", "json"];
    const child = spawn(process.execPath, [LAUNCHER, ...args], { env, stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    child.stdin?.end(input);
    return child;
  }

  function manifests(fleet: SimFleet, plain: SimDaemon, registry: SimRegistry): string {
    const secrets = {
      tls: {
        "ca.pem": fleet.authority.certPem,
        "cert.pem": fleet.client.certPem,
        "key.pem": fleet.client.keyPem,
      },
      "registry-ca": { "ca.crt": fleet.authority.certPem },
    };
    const host = (name: string, spec: object) => ({
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "DockerHost",
      metadata: { name },
      spec,
    });
    const mutual = {
      host: fleet.hosts[0]?.endpoint,
      tls: { verify: true, certSecretRef: { name: "tls" } },
      updateCheck: { registries: [{ host: fleet.registry.host, certSecretRef: { name: "registry-ca" } }] },
    };
    const plaintext = {
      host: `tcp://127.0.0.1:${plain.port}`,
      updateCheck: { registries: [{ host: registry.host, insecure: true }] },
    };
    return JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [
        host("mutual", mutual),
        host("plaintext", plaintext),
        ...Object.entries(secrets).map(([name, stringData]) => ({
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name },
          stringData,
        })),
      ],
    });
  }

  it("send nothing that is meant for daemons and registries elsewhere", async () => {
    const proxy = await startRawServer((socket) => socket.destroy());
    onTestFinished(() => proxy.close());
    const fleet = await startSimFleet({ hosts: 1, containersPerHost: 1, images: 1 });
    onTestFinished(() => fleet.close());
    const registry = await startSimRegistry();
    onTestFinished(() => registry.close());
    registry.push("shop/web", "1");
    const image = pullImage(registry, "shop/web", "1");
    const container = { id: "7".repeat(64), name: "web", image: image.tags[0] ?? "", runs: image };
    const plain = await plainDaemon({ images: [image], containers: [container] });
    const child = launch(`http://127.0.0.1:${proxy.port}`, manifests(fleet, plain, registry));
    if (child.stdout === null) throw new Error("no output");
    const [stdout] = await Promise.all([text(child.stdout), once(child, "close")]);
    const { items } = JSON.parse(stdout) as { items: DockerHostObject[] };
    for (const { status } of items) {
      expect(summaries(status?.conditions)).toContain("Ready=True Succeeded");
      expect(summaries(status?.conditions)).toContain("UpdateCheckSucceeded=True CheckSucceeded");
    }
    expect(items.map(({ status }) => status?.tlsMode).toSorted()).toEqual(["Mutual", "None"]);
    for (const asked of [fleet.registry, registry]) expect(asked.counters.requests()).toBeGreaterThan(0);
    expect(proxy.accepted).toBe(0);
  });
});
