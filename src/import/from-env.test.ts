import { homedir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../test/support/cli.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { runManifest } from "../../test/support/manifest-output.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { HTTP_WITH_VERIFY } from "../docker/warnings.ts";
import { readDockerVariables } from "./docker-variables.ts";

let files: Readonly<Record<string, string>>;

beforeAll(async () => {
  const ca = await createAuthority({ commonName: "CA" });
  const client = await ca.issue({ commonName: "client" });
  files = { "ca.pem": ca.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem };
});

const fromEnv = async (docker: Readonly<Record<string, string>>) =>
  await runManifest(["from-env"], { docker: { DOCKER_CONFIG: await folderWith({}), ...docker } });

describe("dockerhost manifest from-env", () => {
  it("takes Docker's variables over", async () => {
    const { hosts, spec, entries, stderr } = await fromEnv({
      DOCKER_HOST: "tcp://edge-7.example.com:2376",
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: await folderWith(files),
      DOCKER_API_VERSION: '"1.45"',
    });
    expect(hosts[0]?.name).toBe("edge-7.example.com");
    expect(spec).toEqual({
      host: "tcp://edge-7.example.com:2376",
      apiVersion: "1.45",
      tls: { verify: true, certSecretRef: { name: "edge-7.example.com-tls" } },
    });
    expect([entries, stderr]).toEqual([files, ""]);
  });

  it("writes a certificate path without verification as https:// with verify false, never tcp://", async () => {
    const docker = { DOCKER_HOST: "tcp://edge-7:2376", DOCKER_CERT_PATH: await folderWith(files) };
    const { spec, entries, stderr } = await fromEnv(docker);
    expect(spec).toEqual({
      host: "https://edge-7:2376",
      tls: { verify: false, certSecretRef: { name: "edge-7-tls" } },
    });
    expect(entries).toEqual(files);
    expect(stderr).toContain("DOCKER_CERT_PATH without DOCKER_TLS_VERIFY: https:// is written with tls.verify false");
  });

  it.each([
    ["edge-7", "tcp://edge-7:2375", "names no port; 2375 is written"],
    ["edge-7:2999", "tcp://edge-7:2999", ""],
    [":2375", "tcp://localhost:2375", "on the machine where dockerhost runs"],
    ["tcp://[fd00::5]", "tcp://[fd00::5]:2375", "names no port; 2375 is written"],
  ])("reads %s as Docker's client does", async (host, written, warning) => {
    const { spec, stderr } = await fromEnv({ DOCKER_HOST: host });
    expect(spec).toEqual({ host: written });
    expect(stderr).toContain(warning);
  });

  it("dials 2375 also with TLS where no port is given, as Docker's client does", async () => {
    const { spec, stderr } = await fromEnv({ DOCKER_HOST: "tcp://edge-7", DOCKER_TLS_VERIFY: "1" });
    expect(spec).toEqual({ host: "tcp://edge-7:2375", tls: { verify: true } });
    expect(stderr).toContain("2375 is written");
    expect(stderr).toContain("the system's roots verify the server");
  });

  it("takes any value of DOCKER_TLS_VERIFY for yes, with a warning where it says no", async () => {
    const { spec, stderr } = await fromEnv({ DOCKER_HOST: "tcp://edge-7:2376", DOCKER_TLS_VERIFY: "0" });
    expect(spec).toMatchObject({ tls: { verify: true } });
    expect(stderr).toContain("DOCKER_TLS_VERIFY=0 turns verification on");
  });

  it("keeps settings that have no effect, with the documented warning", async () => {
    const { spec, secrets, stderr } = await fromEnv({
      DOCKER_HOST: "http://edge-7:2375",
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: await folderWith(files),
    });
    expect(spec).toEqual({ host: "http://edge-7:2375", tls: { verify: true } });
    expect(secrets).toEqual([]);
    expect(stderr).toContain(HTTP_WITH_VERIFY);
  });

  it("finds certificates in the folder of Docker's client, and says so", async () => {
    const folder = await folderWith(files);
    const { entries, stderr } = await fromEnv({
      DOCKER_HOST: "tcp://edge-7:2376",
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CONFIG: folder,
    });
    expect(entries).toEqual(files);
    expect(stderr).toContain(`the certificates in ${folder} are used`);
  });

  it("uses the local socket if there is no host, and localhost if TLS is requested", async () => {
    expect((await fromEnv({})).spec).toEqual({ host: "unix:///var/run/docker.sock" });
    expect((await fromEnv({ DOCKER_TLS_VERIFY: "1" })).spec).toEqual({
      host: "tcp://localhost:2376",
      tls: { verify: true },
    });
  });

  it.each([
    [{ DOCKER_CONTEXT: "edge" }, "from-context edge"],
    [
      { DOCKER_HOST: "tcp://h:1", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/nonexistent" },
      "correct DOCKER_CERT_PATH",
    ],
    [{ DOCKER_HOST: "fd://" }, "DOCKER_HOST: The host 'fd://' cannot be used"],
    [{ DOCKER_HOST: "tcp://user:secret@h:1" }, "must not contain a user or password"],
    [
      { DOCKER_HOST: "tcp://h:1", DOCKER_API_VERSION: "latest" },
      "spec.apiVersion: must be a version of the Docker API",
    ],
  ])("refuses %j", async (docker, message) => {
    const { code, stdout, stderr } = await runCli(["manifest", "from-env"], { docker });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("secret");
    expect([code, stdout]).toEqual([2, ""]);
  });

  it.each([
    [
      { HttpHeaders: { Authorization: "Basic s3cret", "X-Auth": "s3cret" } },
      /HttpHeaders in .*config\.json \(Authorization, X-Auth\) are not imported/,
    ],
    [{ HttpHeaders: { "User-Agent": "mine" } }, /^$/],
    [{ HttpHeaders: "odd" }, /^$/],
    [{ auths: {} }, /^$/],
  ])("warns of the headers in config.json that are not imported: %j", async (config, warning) => {
    const DOCKER_CONFIG = await folderWith({ "config.json": JSON.stringify(config) });
    const { stderr } = await fromEnv({ DOCKER_HOST: "tcp://edge-7:2375", DOCKER_CONFIG });
    expect(stderr).toMatch(warning);
    expect(stderr).not.toContain("s3cret");
  });

  it.each(["joe@corp.example", "joe%40corp.example", "CORP\\joe", "corp+joe"])(
    "takes the SSH user %s over",
    async (user) => {
      const { spec } = await fromEnv({ DOCKER_HOST: `ssh://${user}@edge-7:22` });
      expect(spec).toMatchObject({ host: `ssh://${user}@edge-7:22` });
    },
  );
});

describe("the one reader of DOCKER_*", () => {
  it("looks for certificates in Watchtower's folder first, then in that of Docker's client", () => {
    expect(readDockerVariables({ DOCKER_CONFIG: "/c" }).certFolders).toEqual(["/etc/ssl/docker", "/c"]);
    expect(readDockerVariables({}).certFolders).toEqual(["/etc/ssl/docker", join(homedir(), ".docker")]);
    expect(readDockerVariables({ DOCKER_CONFIG: "/etc/ssl/docker" }).certFolders).toEqual(["/etc/ssl/docker"]);
  });
});
