import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SimDaemon, startSimDaemon } from "../../test/sim/daemon.ts";
import { pullImage } from "../../test/sim/pull.ts";
import { type SimRegistry, startSimRegistry } from "../../test/sim/registry.ts";
import { runCli } from "../../test/support/cli.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";

const [USER, PASSWORD] = ["robot", "CANARY-password"];
const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");

let registry: SimRegistry;
let daemon: SimDaemon;
let caPem: string;

beforeAll(async () => {
  const authority = await createAuthority({ commonName: "private CA of the registry" });
  caPem = authority.certPem;
  const { certPem, keyPem } = await authority.issue({
    commonName: "registry",
    ipAddresses: ["127.0.0.1"],
    usages: ["serverAuth"],
  });
  registry = await startSimRegistry({
    tls: { cert: certPem, key: keyPem },
    auth: { mode: "basic", username: USER, password: PASSWORD },
  });
  registry.push("team/app", "1");
  const image = pullImage(registry, "team/app", "1");
  daemon = await startSimDaemon({
    engine: { id: "engine", name: "edge-7" },
    imageStore: "containerd",
    images: [image],
    containers: [{ id: "a".repeat(64), name: "app", image: `${registry.host}/team/app:1`, runs: image }],
  });
});

afterAll(async () => {
  await Promise.all([registry?.close(), daemon?.close()]);
});

async function fileWith(name: string, text: string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text);
  return path;
}

const config = (value: object) => fileWith("config.json", JSON.stringify(value));

/** A folder with a credential helper, which is a shell script that has the registry in $server. */
async function helper(name: string, script: string): Promise<string> {
  const folder = await temporaryFolder();
  const path = join(folder, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\nread -r server\n${script}\n`);
  await chmod(path, 0o755);
  return folder;
}

/** The condition, and all that was printed. `check --host` of a daemon whose image is on the private registry. */
async function check(
  args: readonly string[],
  {
    docker = { DOCKER_CONFIG: "/nonexistent" },
    path = "/nonexistent",
  }: { docker?: Record<string, string>; path?: string } = {},
) {
  const flags = ["--host", `tcp://127.0.0.1:${daemon.port}`, "--registry-ca", await fileWith("ca.crt", caPem)];
  const env = { PATH: `${path}:/usr/bin:/bin` };
  const { code, stdout, stderr } = await runCli(["check", "-o", "json", ...flags, ...args], { docker, env });
  expect(stdout + stderr).not.toContain("CANARY");
  const [item] = code === 2 ? [] : JSON.parse(stdout).items;
  const condition = item?.status.conditions.find(({ type }: { type: string }) => type === "UpdateCheckSucceeded");
  return { code, stderr, reason: condition?.reason, message: condition?.message, stdout };
}

describe("check --host with logins to registries", () => {
  it("needs a login for a private image, and says how to give one", async () => {
    const { code, message, stderr } = await check([]);
    expect(message).toContain(
      "Log in with docker login, name a file that has credentials for this registry with --registry-config",
    );
    expect([code, stderr]).toEqual([
      1,
      `error: none of the images of 127.0.0.1-${daemon.port} could be checked (RegistryCredentialsRequired)\n`,
    ]);
  });

  it("takes the login of --registry-config", async () => {
    const path = await config({ auths: { [registry.host]: { auth } } });
    expect(await check(["--registry-config", path])).toMatchObject({ code: 0, reason: "CheckSucceeded", stderr: "" });
  });

  it("takes the login of Docker's own configuration, unless it must not", async () => {
    const path = await config({ auths: { [`https://${registry.host}/v1/`]: { auth } } });
    const docker = { DOCKER_CONFIG: join(path, "..") };
    expect(await check([], { docker })).toMatchObject({ code: 0, reason: "CheckSucceeded" });
    expect(await check(["--no-registry-config"], { docker })).toMatchObject({ code: 1 });
  });

  it.each([
    ["credsStore", (name: string) => ({ credsStore: name })],
    ["credHelpers", (name: string, host: string) => ({ credHelpers: { [host]: name }, credsStore: "other" })],
  ])("asks the helper in %s, with the registry", async (_what, settings) => {
    const answer = JSON.stringify({ ServerURL: "", Username: USER, Secret: PASSWORD });
    const path = await helper("vault", `[ "$1 $server" = "get ${registry.host}" ] && echo '${answer}'`);
    const args = ["--registry-config", await config(settings("vault", registry.host))];
    expect(await check(args, { path })).toMatchObject({ code: 0, reason: "CheckSucceeded", stderr: "" });
  });

  it("shows what the helper asks for, and asks without a login if it has none", async () => {
    const path = await helper(
      "vault",
      "echo 'Unlock your keychain.' >&2; echo 'credentials not found in native keychain'; exit 1",
    );
    const args = ["--registry-config", await config({ credsStore: "vault" })];
    expect(await check(args, { path })).toMatchObject({
      message: expect.stringContaining("docker login"),
      stderr: expect.stringMatching(/^Unlock your keychain\.\nerror: none of .*\(RegistryCredentialsRequired\)\n$/),
    });
  });

  it.each([
    ["is not on the PATH", undefined],
    ["failed with exit code 3", "echo CANARY; exit 3"],
    ["did not return a user name and a secret", "echo CANARY"],
    ["returned more than 65536 bytes", "head -c 100000 /dev/zero"],
    ["was killed", "kill -9 $$"],
  ])("says that the helper %s", async (problem, script) => {
    const path = script === undefined ? "/nonexistent" : await helper("vault", script);
    const args = ["--registry-config", await config({ credHelpers: { [registry.host]: "vault" } })];
    const { code, reason, message } = await check(args, { path });
    expect([code, reason]).toEqual([1, "CredentialHelperFailed"]);
    expect(message).toContain(
      `leaves the credentials for ${registry.host} to docker-credential-vault, which ${problem}. Run the helper`,
    );
  });

  it("does without a store that is not there, if the registry is not among its logins", async () => {
    const missing = { credsStore: "desktop" };
    const withLogin = await config({ ...missing, auths: { [registry.host]: { auth } } });
    expect(await check(["--registry-config", withLogin])).toMatchObject({ code: 0 });
    const listed = await config({ ...missing, auths: { [registry.host]: {} } });
    expect(await check(["--registry-config", listed])).toMatchObject({ reason: "CredentialHelperFailed" });
    const other = await config({ ...missing, auths: { "ghcr.io": {} } });
    expect((await check(["--registry-config", other])).message).toContain("docker login");
  });

  it("does not run a program whose name leads out of the PATH", async () => {
    const args = ["--registry-config", await config({ credsStore: "x/../../../tmp/evil" })];
    expect((await check(args)).message).toContain("docker login");
  });

  it.each([
    ["a file that does not exist", "/nonexistent/config.json", "cannot be read: it does not exist"],
    ["a file that is not JSON", "CANARY {", "does not contain a JSON object. Correct the file"],
    ["auths that are a list", '{"auths": []}', "has under auths something other than an object. Correct the file"],
  ])("refuses %s", async (_what, text, message) => {
    const path = text.startsWith("/") ? text : await fileWith("config.json", text);
    const { code, stderr } = await check(["--registry-config", path]);
    expect(stderr).toMatch(new RegExp(`^error: ${path} ${message}`));
    expect(code).toBe(2);
  });

  it("warns of a damaged configuration of Docker, and still checks", async () => {
    const docker = { DOCKER_CONFIG: join(await fileWith("config.json", "CANARY {"), "..") };
    const { code, stderr } = await check([], { docker });
    expect(stderr).toMatch(/^Warning: .*config\.json does not contain a JSON object\. /);
    expect(code).toBe(1);
  });
});

it("warns of a configuration of Docker that cannot be read, and still checks", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "config.json"));
  const { code, stderr } = await check([], { docker: { DOCKER_CONFIG: folder } });
  expect(stderr).toMatch(
    /^Warning: .*config\.json cannot be read: it is a folder; registries are asked without a login\n/,
  );
  expect(code).toBe(1);
});

describe("check --host with a registry's CA", () => {
  it("says how to name it", async () => {
    const flags = ["--host", `tcp://127.0.0.1:${daemon.port}`, "--no-registry-config"];
    const { code, stdout } = await runCli(["check", ...flags]);
    expect(stdout).toContain("Name the file of the CA's certificate with --registry-ca");
    expect(code).toBe(1);
  });

  it.each([
    ["is not PEM", "CANARY"],
    ["is damaged", "-----BEGIN CERTIFICATE-----\nCANARY\n-----END CERTIFICATE-----\n"],
  ])("refuses one that %s", async (_what, text) => {
    const path = await fileWith("ca.crt", text);
    const { code, stderr } = await check(["--registry-ca", path]);
    expect(stderr).toBe(`error: ${path} does not contain a PEM certificate, or contains a damaged one\n`);
    expect(code).toBe(2);
  });
});

it.each([
  ["--registry-config", ["x"]],
  ["--no-registry-config", []],
  ["--registry-ca", ["x"]],
  ["--timeout", ["5s"]],
])("check -f refuses %s", async (flag, values) => {
  const { code, stderr } = await runCli(["check", "-f", "-", flag, ...values]);
  expect(stderr).toBe(`error: ${flag} cannot be used with -f: the manifests say how to reach each host\n`);
  expect(code).toBe(2);
});

describe("check --host --timeout", () => {
  it("ends a check of a host that does not answer", async () => {
    const silent = await startSimDaemon();
    await silent.setFaults({ kind: "silent" });
    const flags = ["--host", `tcp://127.0.0.1:${silent.port}`, "--timeout", "1s", "-o", "json"];
    const { code, stdout } = await runCli(["check", ...flags]);
    await silent.close();
    expect(JSON.parse(stdout).items[0]).toMatchObject({ spec: { timeout: "1s", updateCheck: { timeout: "1s" } } });
    expect(stdout).toContain("did not answer within 1s");
    expect(code).toBe(1);
  });

  it("may be longer than the usual interval", async () => {
    const flags = ["--host", `tcp://127.0.0.1:${daemon.port}`, "--timeout", "10m", "-o", "json"];
    const { stdout } = await runCli(["check", ...flags]);
    expect(JSON.parse(stdout).items[0].spec).toMatchObject({ timeout: "10m", interval: "10m" });
  });

  it.each([
    ["0s", "it must be from 1s to 10m"],
    ["1h", "it must be from 1s to 10m"],
    ["soon", "it must be a duration, for example 30s or 1m30s"],
  ])("refuses %s", async (text, message) => {
    const { code, stderr } = await runCli(["check", "--host", "tcp://127.0.0.1:1", "--timeout", text]);
    expect(stderr).toBe(`error: --timeout ${text}: ${message}\n`);
    expect(code).toBe(2);
  });
});
