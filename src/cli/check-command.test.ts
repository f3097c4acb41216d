import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type SimFleet, startSimFleet } from "../../test/sim/fleet.ts";
import { runCli } from "../../test/support/cli.ts";
import { summaries } from "../../test/support/docker-host.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { SOCKET_WITH_VERIFY } from "../docker/warnings.ts";

/** The first host runs an outdated image, the second one does not. */
let fleet: SimFleet;

beforeAll(async () => {
  fleet = await startSimFleet({ hosts: 2, containersPerHost: 1, images: 1, outdatedImages: 1 });
  fleet.hosts[1]?.daemon.setContents({ containers: [] });
});

afterAll(async () => {
  await fleet?.close();
});

function host(index: number, spec: object = {}) {
  const { name = "", endpoint = "" } = fleet.hosts[index] ?? {};
  return {
    apiVersion: "dockerhost.dev/v1alpha1",
    kind: "DockerHost",
    metadata: { name, namespace: "fleet" },
    spec: {
      host: endpoint,
      tls: { verify: true, certSecretRef: { name: "tls" } },
      updateCheck: { registries: [{ host: fleet.registry.host, certSecretRef: { name: "registry-ca" } }] },
      ...spec,
    },
  };
}

function secret(name: string, stringData: Readonly<Record<string, string>>) {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "fleet" }, stringData };
}

const credentials = () => ({
  "ca.pem": fleet.authority.certPem,
  "cert.pem": fleet.client.certPem,
  "key.pem": fleet.client.keyPem,
});

function secrets() {
  return [secret("tls", credentials()), secret("registry-ca", { "ca.crt": fleet.authority.certPem })];
}

/** The name of the host that only an endpoint describes. */
function nameOf(endpoint: string): string {
  const { hostname, port } = new URL(endpoint);
  return `${hostname}-${port}`;
}

/** `check -f -` of these objects. */
async function check(objects: readonly object[], ...args: readonly string[]) {
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  return await runCli(["check", "-f", "-", ...args], { stdin });
}

describe("dockerhost check", () => {
  it("exits with 0 when all hosts are Ready, whatever updates there are", async () => {
    const { code, stdout, stderr } = await check([host(0), host(1), ...secrets()]);
    expect(stdout).toMatch(
      /^NAME +HOST +READY .*\nsim-0 .* True .*\nsim-1 .* True .*\n\nHOST +CONTAINER .*\nsim-0 +app-0 .* Outdated /,
    );
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("exits with 1 when a host is not Ready", async () => {
    const { code, stdout } = await check([host(0), host(1, { tls: { verify: true } }), ...secrets()], "-o", "wide");
    expect(stdout).toMatch(/\nsim-1 +\S+ +False +/);
    expect(code).toBe(1);
  });

  it("exits with 3 when there are updates and they are to fail", async () => {
    expect((await check([host(0), ...secrets()], "--fail-on-updates")).code).toBe(3);
    expect((await check([host(1), ...secrets()], "--fail-on-updates")).code).toBe(0);
  });

  it("exits with 1 when a check did not succeed and updates are to fail", async () => {
    const [tls] = secrets();
    const { code, stdout, stderr } = await check([host(0), tls ?? {}], "--fail-on-updates", "-o", "json");
    expect(code).toBe(1);
    expect(stdout).toContain("RegistrySecretNotFound");
    expect(stderr).toBe("error: none of the images of fleet/sim-0 could be checked (RegistrySecretNotFound)\n");
  });

  it.each([
    ["a pattern that is not valid", { containers: { includeNames: ["*"] } }, "InvalidSelection"],
    ["a schedule that never comes", { schedule: "0 0 30 2 *" }, "InvalidSchedule"],
    ["a registry with a private CA", {}, "RegistryCertificateUntrusted"],
  ])("exits with 1 when nothing could be checked because of %s", async (_what, updateCheck, reason) => {
    const { code, stdout, stderr } = await check([host(0, { updateCheck }), ...secrets()]);
    const [header = "", row = ""] = stdout.split("\n");
    const cell = (name: string) => row.slice(header.indexOf(name)).split(/ {3,}/)[0];
    expect([cell("READY"), cell("UPDATES"), cell("OUTDATED")]).toEqual(["True", "Unknown", "?"]);
    expect(stdout).toContain(`\nsim-0: the update check failed (${reason}): `);
    expect(stdout).not.toMatch(/ Outdated /);
    expect([code, stderr]).toEqual([1, `error: none of the images of fleet/sim-0 could be checked (${reason})\n`]);
  });

  it("fits a terminal", async () => {
    const stdin = JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [host(0), host(1, { tls: { verify: true } }), ...secrets()],
    });
    const options = { stdin, terminal: true, columns: 80, env: { NO_COLOR: "1" } };
    const { stdout } = await runCli(["check", "-f", "-"], options);
    expect(stdout).toMatch(/^NAME +READY +REASON .*\nsim-1 +False .*\n {4}\S.*\n/);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("lets a suspended host fail nothing, unless there is no other", async () => {
    const suspended = host(0, { suspend: true });
    const beside = await check([suspended, host(1), ...secrets()], "--fail-on-updates");
    expect(beside.stdout).toMatch(/\nsim-0 +\S+ +Suspended .* Suspended by spec\.suspend\n/);
    expect([beside.code, beside.stderr]).toEqual([0, ""]);
    const only = await check([suspended, ...secrets()]);
    expect(only.stdout).toContain("Suspended by spec.suspend");
    expect([only.code, only.stderr]).toEqual([
      1,
      "error: fleet/sim-0 is suspended and was not checked; to check it, remove spec.suspend from its manifest\n",
    ]);
  });

  it.each(["json", "yaml"] as const)(
    "prints the objects with their statuses as %s, and nothing else",
    async (format) => {
      const { stdout, stderr } = await check([host(0), ...secrets()], "-o", format);
      const { kind, items } = parse(stdout) as { kind: string; items: readonly DockerHostObject[] };
      expect([kind, items.length, stderr]).toEqual(["List", 1, ""]);
      expect(items[0]).toMatchObject({
        metadata: { name: "sim-0", namespace: "fleet" },
        status: { observedGeneration: 1, tlsMode: "Mutual", updates: { total: 1, outdated: 1 } },
      });
      expect(summaries(items[0]?.status?.conditions)).toEqual([
        "Ready=True Succeeded",
        "CredentialsValid=True CredentialsLoaded",
        "Connected=True ConnectionEstablished",
        "CertificateExpiring=False CertificatesCurrent",
        "UpdateCheckSucceeded=True CheckSucceeded",
        "UpdatesAvailable=True UpdatesFound",
      ]);
    },
  );

  it("prints no key, and no colour if there is no terminal", async () => {
    for (const format of ["table", "wide", "json", "yaml"]) {
      const { stdout, stderr } = await check([host(0), ...secrets()], "-o", format);
      for (const text of ["BEGIN", "\u001b"]) expect(stdout + stderr).not.toContain(text);
    }
  });

  it("paints on a terminal, unless the user does not want it", async () => {
    const args = ["check", "--host", "tcp://127.0.0.1:1"];
    expect((await runCli(args, { terminal: true })).stdout).toContain("\u001b[31m");
    expect((await runCli(args, { terminal: true, env: { NO_COLOR: "1" } })).stdout).not.toContain("\u001b");
    expect((await runCli(args, { env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001b[31m");
  });

  it("reads files and folders together", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "secrets"));
    await writeFile(join(folder, "host.yaml"), JSON.stringify(host(1)));
    for (const each of secrets())
      await writeFile(join(folder, "secrets", `${each.metadata.name}.json`), JSON.stringify(each));
    const { code, stdout } = await runCli(["check", "-f", join(folder, "host.yaml"), join(folder, "secrets")]);
    expect(stdout).toContain("sim-1");
    expect(code).toBe(0);
  });
});

describe("dockerhost check by flags and variables", () => {
  async function certPath(files: Readonly<Record<string, string>> = credentials()): Promise<string> {
    const folder = await temporaryFolder();
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return folder;
  }

  it("looks at the one host that they name", async () => {
    const endpoint = fleet.hosts[1]?.endpoint ?? "";
    const path = await certPath();
    const flags = ["--host", endpoint, "--tlsverify", "--cert-path", path, "--api-version", "1.45"];
    const byFlags = await runCli(["check", "-o", "json", ...flags]);
    const docker = {
      DOCKER_HOST: endpoint,
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: path,
      DOCKER_API_VERSION: "1.45",
    };
    const byVariables = await runCli(["check", "-o", "json"], { docker });
    for (const { code, stdout } of [byFlags, byVariables]) {
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        items: [
          { metadata: { name: nameOf(endpoint) }, status: { tlsMode: "Mutual", engine: { apiVersion: "1.45" } } },
        ],
      });
    }
  });

  it("gives advice in terms of flags, and names the host by its address", async () => {
    const endpoint = fleet.hosts[1]?.endpoint ?? "";
    const other = await createAuthority({ commonName: "another CA" });
    const flags = ["--host", endpoint, "--tlsverify", "--cert-path", await certPath({ "ca.pem": other.certPem })];
    const { code, stdout } = await runCli(["check", "-o", "json", ...flags]);
    expect(code).toBe(1);
    expect(stdout).toContain("Pass the issuing CA with --tlscacert");
    const [item] = JSON.parse(stdout).items;
    expect(item.metadata.name).toBe(nameOf(endpoint));
    expect(JSON.stringify(item.status)).not.toMatch(/Secret|spec\.|cluster/);
  });

  it.each([
    ["plaintext where TLS is needed", "PLAIN", {}],
    ["a path below which nothing answers", "/docker", "whole"],
    ["no client certificate", "", "ca.pem"],
    ["half a pair", "", "cert.pem"],
    ["a key that is not PEM", "", { "cert.pem": "x", "key.pem": "x" }],
    ["base64 in place of PEM", "", { "ca.pem": Buffer.from("-----BEGIN CERTIFICATE-----").toString("base64") }],
    ["a name that cannot be resolved", "tcp://nowhere.invalid:2375", {}],
    ["a socket that is not there", "unix:///nonexistent/docker.sock", {}],
    ["a port on which nobody listens", "tcp://127.0.0.1:1", {}],
    ["a forbidden endpoint", "--require-tls", {}],
  ] as const)("names no field, Secret or cluster in %s, for check and update", async (_what, how, files) => {
    const endpoint = fleet.hosts[1]?.endpoint ?? "";
    const named: Readonly<Record<string, string>> =
      files === "whole"
        ? credentials()
        : typeof files === "string"
          ? Object.fromEntries(Object.entries(credentials()).filter(([name]) => name === files))
          : files;
    const flags = [
      ...(how === "PLAIN" ? ["--host", endpoint.replace(/^\w+/, "http"), "--tlsverify=false"] : []),
      ...(how === "--require-tls" ? [how, "--host", "tcp://127.0.0.1:1", "--tlsverify=false"] : []),
      ...(/^\w+:/.test(how) ? ["--host", how, "--tlsverify=false"] : []),
      ...(how === "" || how === "/docker" ? ["--host", `${endpoint}${how}`, "--tlsverify"] : []),
      ...(Object.keys(named).length === 0 ? [] : ["--cert-path", await certPath(named)]),
    ];
    for (const command of [
      ["check", "-o", "yaml"],
      ["update", "web", "--dry-run"],
    ]) {
      const { code, stdout, stderr } = await runCli([...command, ...flags]);
      expect(code).not.toBe(0);
      const status = stdout.replace(/^[\s\S]*?\n {4}status:/, "");
      expect(`${status}${stderr}`).not.toMatch(
        /\bspec\.|\bSecrets?\b|\bDockerHosts?\b|kubectl|\bcluster\b|\bcontroller\b/,
      );
    }
  });

  it("writes warnings to standard error", async () => {
    const { code, stderr } = await runCli(["check", "--host", "unix:///nonexistent/docker.sock"], {
      docker: { DOCKER_TLS_VERIFY: "0" },
    });
    expect(code).toBe(1);
    expect(stderr.split("\n")).toEqual([
      expect.stringContaining("Warning: DOCKER_TLS_VERIFY=0 turns verification on"),
      `Warning: nonexistent-docker.sock: ${SOCKET_WITH_VERIFY}`,
      "",
    ]);
  });

  it.each(["true", "1", "t"])("takes --tlsverify=%s for yes", async (value) => {
    const { stderr } = await runCli(["check", "--host", "unix:///nonexistent", `--tlsverify=${value}`]);
    expect(stderr).toContain(SOCKET_WITH_VERIFY);
  });

  it("takes --tlsverify=false for no, also against the variable", async () => {
    const { stderr } = await runCli(["check", "--host", "unix:///nonexistent", "--tlsverify=false"], {
      docker: { DOCKER_TLS_VERIFY: "1" },
    });
    expect(stderr).toBe("");
  });
});

describe("wrong input exits with 2 and says what is wrong", () => {
  it.each([
    [
      "a file that does not exist",
      ["-f", "/nonexistent.yaml"],
      "error: /nonexistent.yaml: cannot be read: it does not exist\n",
    ],
    ["an address as a file", ["-f", "tcp://x"], "error: -f takes files and folders; did you mean --host tcp://x?\n"],
    ["a host without a scheme", ["-H", "edge-7"], "error: The host 'edge-7' cannot be used: it has no scheme"],
    ["a flag that -f makes useless", ["-f", "-", "--host", "tcp://x"], "error: --host cannot be used with -f"],
    ["a switch that -f makes useless", ["-f", "-", "--tlsverify"], "error: --tlsverify cannot be used with -f"],
    ["no host at all", ["-f", "-"], "error: There is no DockerHost in standard input\n"],
    [
      "an unknown format",
      ["-o", "xml"],
      "argument 'xml' is invalid. Allowed choices are table, wide, json, yaml, name.",
    ],
    ["an unknown flag", ["--tls"], "unknown option '--tls'"],
    ["something that is neither yes nor no", ["--tlsverify=maybe"], "It must be true or false."],
  ])("%s", async (_what, args, message) => {
    const { code, stdout, stderr } = await runCli(["check", ...args]);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("a manifest with a typing mistake", async () => {
    const { code, stderr } = await check([{ ...host(0), sepc: {} }]);
    expect(stderr).toBe('error: standard input: DockerHost "sim-0": unknown field "sepc"; did you mean spec?\n');
    expect(code).toBe(2);
  });

  it("several manifests with mistakes, a line for each", async () => {
    const { code, stdout, stderr } = await check([
      { ...host(0), sepc: {} },
      { ...host(1), metadata: { name: true } },
    ]);
    expect(stderr).toBe(
      'error: standard input: DockerHost "sim-0": unknown field "sepc"; did you mean spec?\n' +
        "error: standard input: DockerHost without a name: metadata.name must be a string; put the value in quotes\n",
    );
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("a spec that is not valid, by the name of its file, while other hosts are checked", async () => {
    const { code, stdout, stderr } = await check([host(1), host(0, { apiVersion: 1.45 }), ...secrets()]);
    expect(stderr).toBe(
      'Warning: standard input: DockerHost "sim-0": spec.apiVersion must be a string; put the value in quotes\n',
    );
    expect(stdout).toMatch(/\nsim-0 +\S+ +False +InvalidSpec/);
    expect(stdout).toMatch(/\nsim-1 +\S+ +True /);
    expect(code).toBe(1);
  });

  it("the same host twice", async () => {
    expect(await check([host(0), host(0)])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is already defined in"),
    });
  });
});

it("a check that is stopped rejects with what stopped it", async () => {
  const stop = new AbortController();
  stop.abort(new Error("stopped by SIGINT"));
  const stdin = JSON.stringify(host(0));
  await expect(runCli(["check", "-f", "-"], { stdin, signal: stop.signal })).rejects.toThrow("stopped by SIGINT");
});
